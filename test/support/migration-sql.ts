import { parse } from 'libpg-query';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { nameOf, nodesOf, of } from './tenant-sql.js';

type Node = any;

/** Parts of ALTER TABLE that take no longer for a large table than for a small one, and that nobody notices. */
const QUICK = ['AT_ColumnDefault', 'AT_DropNotNull', 'AT_SetStatistics', 'AT_SetRelOptions'];
/** Statements that hold up nobody. */
const HARMLESS = [
  ...[
    'CreateStmt',
    'CreateSchemaStmt',
    'CreateExtensionStmt',
    'CreateFunctionStmt',
    'CreateEnumStmt',
  ],
  ...['VacuumStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'CommentStmt', 'GrantStmt'],
];
const BUILT_IN = ['quote_ident', 'current_schema', 'date_trunc', 'timezone', 'now', 'count', 'max'];

/** The SQL that a migration runs on an empty database. */
export async function sqlOf(migration: MigrationInterface): Promise<string[]> {
  const all: string[] = [];
  const query = async (sql: string) => {
    all.push(sql);
    return [];
  };
  await migration.up({ query } as unknown as QueryRunner);
  return all;
}

/** What of a migration is noticed by the version that still serves: it has to wait, or misses what it uses. */
export async function onlineFaultsOf(sql: string[], isTransaction = true): Promise<string[]> {
  const trees = await Promise.all(sql.map(async (one) => ((await parse(one)) as Node).stmts));
  const statements: [string, Node][] = trees.flat().flatMap(({ stmt }) => Object.entries(stmt));
  const own = new Set(statements.flatMap(madeBy));
  const faults = statements.flatMap(([kind, node]) => faultsIn(kind, node, own, isTransaction));
  return [...new Set(faults)];
}

const madeBy = ([kind, node]: [string, Node]): string[] => {
  if (kind === 'CreateStmt') return [node.relation.relname];
  if (kind === 'CreateFunctionStmt' && !node.replace) return [nameOf(node)];
  if (kind === 'AlterTableStmt')
    return of(node.cmds).flatMap(({ AlterTableCmd: { def } }) => def?.Constraint?.conname ?? []);
  return [];
};

function faultsIn(kind: string, node: Node, own: Set<string>, isTransaction: boolean): string[] {
  const table: string = node.relation?.relname ?? '';
  const written = nodesOf({ [kind]: node }).flatMap(([inner, { relation }]) =>
    ['UpdateStmt', 'DeleteStmt'].includes(inner) && !own.has(relation.relname)
      ? [`rows of ${relation.relname} are locked until all are written`]
      : [],
  );
  switch (kind) {
    case 'IndexStmt':
      return own.has(table) ? [] : concurrently(node, `an index of ${table}`, isTransaction);
    case 'AlterTableStmt':
      return own.has(table)
        ? []
        : of(node.cmds).flatMap(({ AlterTableCmd: command }) =>
            alterFaults(table, command, isTransaction && own.has(command.name)),
          );
    case 'RenameStmt':
      return [`${node.relation ? table : lastOf(node.object)} gets another name`];
    case 'DropStmt':
      return of(node.objects)
        .map(lastOf)
        .flatMap((name) =>
          own.has(name)
            ? []
            : node.removeType === 'OBJECT_INDEX'
              ? concurrently(node, `the end of ${name}`, isTransaction)
              : [`${name} is dropped`],
        );
    case 'SelectStmt':
      return [
        ...written,
        ...nodesOf(node).flatMap(([inner, call]) =>
          inner === 'FuncCall' && !BUILT_IN.includes(nameOf(call))
            ? [`${nameOf(call)}() is not looked into`]
            : [],
        ),
      ];
    default:
      return HARMLESS.includes(kind) ? written : [`${kind} is not looked into`];
  }
}

const lastOf = (object: Node): string =>
  (object.ObjectWithArgs?.objname ?? object.List?.items ?? [object]).at(-1).String.sval;

function concurrently({ concurrent }: Node, what: string, isTransaction: boolean): string[] {
  if (!concurrent) return [`${what} is not CONCURRENTLY`];
  return isTransaction ? [`${what}: CONCURRENTLY needs transaction = false`] : [];
}

/** @param isOwn whether the constraint is made in the same transaction, whose lock is kept until it ends */
function alterFaults(table: string, command: Node, isOwn: boolean): string[] {
  const { subtype, name, def } = command;
  const { conname, skip_validation, indexname } = def?.Constraint ?? {};
  switch (subtype) {
    case 'AT_AddColumn':
      return addFaults(`${table}.${def.ColumnDef.colname}`, of(def.ColumnDef.constraints));
    case 'AT_AddConstraint':
      if (indexname) return [];
      return skip_validation ? [] : [`${conname} of ${table} is checked at once`];
    case 'AT_ValidateConstraint':
      return isOwn ? [`${name} of ${table} is checked at once`] : [];
    case 'AT_DropColumn':
    case 'AT_DropConstraint':
      return [`${table}.${name} is dropped`];
    case 'AT_AlterColumnType':
      return [`${table}.${name} gets another type`];
    case 'AT_SetNotNull':
      return [`${table}.${name} is checked at once`];
    default:
      return QUICK.includes(subtype) ? [] : [`${subtype} of ${table} is not looked into`];
  }
}

/** A default that is a constant is not written into the rows that are there. */
function addFaults(column: string, constraints: Node[]): string[] {
  const kinds = constraints.map(({ Constraint: { contype } }) => contype);
  const value = constraints.find(({ Constraint: { contype } }) => contype === 'CONSTR_DEFAULT');
  const isConstant = nodesOf(value).every(
    ([kind]) => kind !== 'FuncCall' && kind !== 'SQLValueFunction',
  );
  const other = kinds.find(
    (kind) => !['CONSTR_NOTNULL', 'CONSTR_NULL', 'CONSTR_DEFAULT'].includes(kind),
  );
  return [
    ...(value && !isConstant ? [`${column} has a default that is no constant`] : []),
    ...(kinds.includes('CONSTR_NOTNULL') && !value
      ? [`${column} is NOT NULL without a default`]
      : []),
    ...(other ? [`${column} is added with ${other}`] : []),
  ];
}
