import { parse } from 'libpg-query';
import { TABLES_OF_TENANTS } from '../../src/tenants/tenants.statements.js';

/** A node of the tree that PostgreSQL's own parser makes of a statement, by the names of its members. */
type Node = any;

/** Functions of the schema that look into tables of tenants, and take the tenant first. */
const FUNCTIONS = [
  ...[
    'first_user_version',
    'confirm_first_version',
    'current_identities',
    'current_sso_identities',
  ],
  'sequence_user_events',
];
const KINDS = ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'ExplainStmt'];
const CLOCKS = [
  'now',
  'clock_timestamp',
  'statement_timestamp',
  'transaction_timestamp',
  'timeofday',
];

const TABLES: readonly string[] = TABLES_OF_TENANTS;

/** What is wrong with a statement of one tenant, which is its $1; nothing: every table in it is that tenant's part. */
export async function faultsOf(sql: string): Promise<string[]> {
  const { stmts } = (await parse(sql)) as Node;
  return [
    ...(stmts.length === 1 ? [] : ['it is not one statement']),
    ...stmts.flatMap(({ stmt }: Node) =>
      Object.keys(stmt)
        .filter((kind) => !KINDS.includes(kind))
        .map((kind) => `${kind} is not looked into`),
    ),
    ...nodesOf(stmts).flatMap(([kind, node]) => faultsIn(kind, node)),
  ];
}

function faultsIn(kind: string, node: Node): string[] {
  switch (kind) {
    case 'larg':
    case 'rarg':
    case 'SelectStmt':
      return unfiltered(of(node.fromClause), node.whereClause);
    case 'UpdateStmt':
      return unfilteredRows(node, node.fromClause);
    case 'DeleteStmt':
      return unfilteredRows(node, node.usingClause);
    case 'InsertStmt':
      return notGiven(node);
    case 'RangeTableSample':
    case 'MergeStmt':
      return [`${kind} is not looked into`];
    case 'CommonTableExpr':
      return TABLES.includes(node.ctename) ? [`${node.ctename} is the name of a table, too`] : [];
    case 'FuncCall':
      return FUNCTIONS.includes(nameOf(node)) && !isTenant(of(node.args)[0])
        ? [`${nameOf(node)} is not given $1`]
        : [];
    default:
      return [];
  }
}

const unfilteredRows = (node: Node, more: Node) =>
  unfiltered([{ RangeVar: node.relation }, ...of(more)], node.whereClause);

/** The tables of tenants of one FROM that nothing but another table says the tenant of. */
function unfiltered(from: Node[], where: Node): string[] {
  const tables = from.flatMap((item) => tablesOf(item, []));
  return tables.flatMap(({ name, alias, conditions }) => {
    const names = tables.length === 1 ? [alias, ''] : [alias];
    const isFiltered = [where, ...conditions]
      .flatMap(conjunctsOf)
      .some((one) => saysTenant(one, names));
    return isFiltered ? [] : [`${name} ${alias} is not filtered by $1`];
  });
}

/** With the conditions of joins that leave rows of the table out: of an outer join, those of the side that may be absent. */
function tablesOf(
  item: Node,
  conditions: Node[],
): { name: string; alias: string; conditions: Node[] }[] {
  if (item.JoinExpr) {
    const { jointype, larg, rarg, quals } = item.JoinExpr;
    const side = (...types: string[]) =>
      types.includes(jointype) ? [quals, ...conditions] : conditions;
    return [
      ...tablesOf(larg, side('JOIN_INNER', 'JOIN_RIGHT')),
      ...tablesOf(rarg, side('JOIN_INNER', 'JOIN_LEFT')),
    ];
  }
  const { relname: name, alias } = item.RangeVar ?? {};
  return TABLES.includes(name) ? [{ name, alias: alias?.aliasname ?? name, conditions }] : [];
}

const conjunctsOf = (condition: Node): Node[] =>
  condition?.BoolExpr?.boolop === 'AND_EXPR'
    ? condition.BoolExpr.args.flatMap(conjunctsOf)
    : of(condition);

/** Whether it is `<one of the names>.tenant_id = $1`, or the same the other way round. */
function saysTenant({ A_Expr: compared }: Node, names: string[]): boolean {
  if (compared?.kind !== 'AEXPR_OP' || compared.name[0].String.sval !== '=') return false;
  const { lexpr, rexpr } = compared;
  const isColumn = (side: Node) =>
    names.some((name) => columnOf(side) === (name ? `${name}.tenant_id` : 'tenant_id'));
  return (isColumn(lexpr) && isTenant(rexpr)) || (isColumn(rexpr) && isTenant(lexpr));
}

const columnOf = ({ ColumnRef: column }: Node) =>
  column?.fields.map((field: Node) => field.String?.sval).join('.');

/** An INSERT whose rows are not said to be of $1. */
function notGiven({ relation: { relname }, cols, selectStmt }: Node): string[] {
  if (!TABLES.includes(relname)) return [];
  const place = of(cols).findIndex(({ ResTarget }: Node) => ResTarget.name === 'tenant_id');
  const { valuesLists, targetList } = selectStmt?.SelectStmt ?? {};
  const rows: Node[][] = valuesLists
    ? valuesLists.map(({ List }: Node) => List.items)
    : [of(targetList).map(({ ResTarget }: Node) => ResTarget.val)];
  return rows.every((row) => isTenant(row[place]))
    ? []
    : [`INSERT INTO ${relname} is not given $1`];
}

/** Functions of the clock: the statement would come to something else on each node that runs it. */
export const clocks = (place: string, within: Node) =>
  nodesOf(within)
    .filter(([kind, node]) =>
      kind === 'FuncCall' ? CLOCKS.includes(nameOf(node)) : kind === 'SQLValueFunction',
    )
    .map(() => `the clock is read in ${place}`);

const isTenant = (node: Node): boolean =>
  node?.ParamRef?.number === 1 || (node?.TypeCast && isTenant(node.TypeCast.arg)) === true;

export const nameOf = (call: Node): string => call.funcname.at(-1).String.sval;

export const of = (nodes: Node): Node[] => (nodes === undefined ? [] : [nodes].flat());

/** Every node, with its kind. */
export function nodesOf(tree: Node): [kind: string, node: Node][] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([kind, node]) => [
    [kind, node] as [string, Node],
    ...nodesOf(node),
  ]);
}
