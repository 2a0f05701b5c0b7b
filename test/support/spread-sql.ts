import { parse } from 'libpg-query';
import { TABLES_OF_TENANTS } from '../../src/tenants/tenants.statements.js';
import { clocks, nameOf, nodesOf, of } from './tenant-sql.js';

type Node = any;

const TABLES: readonly string[] = TABLES_OF_TENANTS;

/** Functions that depend on settings of the session: of columns, another node may not work them out in SET. */
const STABLE = ['date_trunc'];

/** Functions about the files of a table, which are those of the server that is asked. */
const OF_ONE_SERVER = [
  'pg_relation_size',
  'pg_table_size',
  'pg_indexes_size',
  'pg_total_relation_size',
];

/** What Citus refuses in a statement, or does otherwise than one PostgreSQL, each once seen there. */
export async function spreadFaultsOf(sql: string): Promise<string[]> {
  const { stmts } = (await parse(sql)) as Node;
  return nodesOf(stmts).flatMap(([kind, node]) => [...faultsIn(kind, node), ...readBehind(node)]);
}

function faultsIn(kind: string, node: Node): string[] {
  switch (kind) {
    case 'SelectStmt':
      return [
        ...selectsNothing(node),
        ...besideFunction(node),
        ...callsIn(node.targetList, OF_ONE_SERVER).map((name) => `${name} is of one server`),
      ];
    case 'UpdateStmt':
      return [
        ...clocks('SET', node.targetList),
        ...clocks('RETURNING', returning(node)),
        ...callsIn(node.targetList, STABLE).map((name) => `${name} stands in SET`),
      ];
    case 'DeleteStmt':
      return clocks('RETURNING', returning(node));
    case 'InsertStmt':
      return [
        ...clocks('ON CONFLICT', node.onConflictClause),
        ...clocks('RETURNING', returning(node)),
      ];
    default:
      return [];
  }
}

/** Of PostgreSQL 18's tree and of those before. */
const returning = ({ returningList, returningClause }: Node) => returningClause ?? returningList;

const callsIn = (within: Node, names: string[]): string[] =>
  nodesOf(within).flatMap(([kind, node]) =>
    kind === 'FuncCall' && names.includes(nameOf(node)) ? [nameOf(node)] : [],
  );

/** What is worked out apart has columns, or its rows are nothing. */
const selectsNothing = ({ targetList, valuesLists, op, fromClause }: Node) =>
  tablesIn(fromClause).length > 0 &&
  !targetList &&
  !valuesLists &&
  (op ?? 'SETOP_NONE') === 'SETOP_NONE'
    ? ['SELECT selects nothing']
    : [];

const besideFunction = ({ fromClause, targetList }: Node) =>
  firstOf(of(fromClause)[0])?.RangeFunction &&
  nodesOf(targetList).some(([kind, node]) => kind === 'SubLink' && tablesIn(node).length > 0)
    ? ['a sub-select stands beside a function of rows']
    : [];

const firstOf = (item: Node): Node => (item?.JoinExpr ? firstOf(item.JoinExpr.larg) : item);

/** CTEs that write are run one after the other there, so that the next one sees what they wrote. */
function readBehind({ withClause, ...rest }: Node): string[] {
  const written = new Set<string>();
  const parts = of(withClause?.ctes).map(({ CommonTableExpr }: Node) => CommonTableExpr.ctequery);
  return [...parts, rest].flatMap((part) => {
    const { relation } = part.UpdateStmt ?? part.DeleteStmt ?? part.InsertStmt ?? {};
    const read = relation ? [] : tablesIn(part).filter((name) => written.has(name));
    if (relation) written.add(relation.relname);
    return [...new Set(read)].map((name) => `${name} is read behind what writes it`);
  });
}

const tablesIn = (tree: Node): string[] =>
  nodesOf(tree).flatMap(([kind, { relname }]) =>
    kind === 'RangeVar' && TABLES.includes(relname) ? [relname] : [],
  );
