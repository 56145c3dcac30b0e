// What a template may say, decided on its syntax tree; every name in it is turned into a checked read.
import { SteadError, type LabelledPlace } from '../options/error.ts';
import { nearest } from '../options/nearest.ts';

/** One use of a name in a template. */
export interface Use {
  /** As written: `server.port`, `../name`, `@index`. */
  readonly written: string;
  /** The keys read one after the other, beginning at what `from` says. */
  readonly parts: readonly string[];
  /** For `@index` and its kin: how many blocks further out they are taken from. */
  readonly data: number | null;
  readonly line: number;
  readonly column: number;
}

const blocks = ['if', 'unless', 'each', 'with'];
const dataNames = ['root', 'index', 'key', 'first', 'last'];

interface Rewriting {
  readonly template: string;
  readonly uses: Use[];
}

/**
 * The tree of a template, rewritten so that names are read by the helper `read` and values are
 * written by `text`: handlebars' own strict mode leaves out the arguments of blocks.
 * @throws SteadError `template.syntax` for what these templates leave out.
 */
export function checked(
  template: string,
  program: hbs.AST.Program,
): { program: hbs.AST.Program; uses: readonly Use[] } {
  const rewriting: Rewriting = { template, uses: [] };
  return { program: rewriteProgram(program, [], rewriting), uses: rewriting.uses };
}

function rewriteProgram(
  program: hbs.AST.Program,
  scope: readonly string[],
  rewriting: Rewriting,
): hbs.AST.Program {
  const inner = [...scope, ...(program.blockParams ?? [])];
  return { ...program, body: program.body.map((statement) => rewriteStatement(statement, inner, rewriting)) };
}

function rewriteStatement(
  statement: hbs.AST.Statement,
  scope: readonly string[],
  rewriting: Rewriting,
): hbs.AST.Statement {
  switch (statement.type) {
    case 'ContentStatement':
    case 'CommentStatement':
      return statement;
    case 'MustacheStatement':
      return rewriteMustache(statement as hbs.AST.MustacheStatement, scope, rewriting);
    case 'BlockStatement':
      return rewriteBlock(statement as hbs.AST.BlockStatement, scope, rewriting);
    default:
      return refuse(
        rewriting,
        statement,
        'partials and decorators are not part of these templates',
        'Render the part by itself and pass its text as a value.',
      );
  }
}

function rewriteMustache(
  mustache: hbs.AST.MustacheStatement,
  scope: readonly string[],
  rewriting: Rewriting,
): hbs.AST.MustacheStatement {
  const { path } = mustache;
  const isCall = mustache.params.length > 0 || mustache.hash !== undefined;
  const value = isCall
    ? rewriteCall(mustache as unknown as hbs.AST.SubExpression, scope, rewriting)
    : rewriteExpression(asPath(path), scope, rewriting);
  const position = addUse(asPath(path), [], null, rewriting);
  return {
    ...mustache,
    path: helperName('text', path.loc),
    params: [value, position],
    hash: undefined as unknown as hbs.AST.Hash,
  };
}

/** What an expression is called in errors and, for `{{"a name"}}`, the name that is quoted. */
function asPath(path: hbs.AST.Expression): hbs.AST.PathExpression {
  if (path.type === 'PathExpression') return path as hbs.AST.PathExpression;
  if (path.type === 'SubExpression') return (path as hbs.AST.SubExpression).path;
  const { value } = path as hbs.AST.StringLiteral;
  return {
    type: 'PathExpression',
    data: false,
    depth: 0,
    parts: [String(value)],
    original: String(value),
    loc: path.loc,
  };
}

function rewriteBlock(
  block: hbs.AST.BlockStatement,
  scope: readonly string[],
  rewriting: Rewriting,
): hbs.AST.BlockStatement {
  const name = block.path.original;
  const [argument] = block.params;
  if (!blocks.includes(name)) {
    return refuse(rewriting, block.path, `there is no block "${name}"`, blockHint(name));
  }
  if (argument === undefined || block.params.length > 1) {
    return refuse(rewriting, block.path, `"${name}" takes one value`, `Write {{#${name} value}}.`);
  }
  let value = rewriteExpression(argument, scope, rewriting);
  if (name === 'each')
    value = call('collection', [value, addUse(asPath(argument), [], null, rewriting)], argument.loc);
  return {
    ...block,
    params: [value],
    // Handlebars leaves these out where a template does; its types do not say so.
    program: block.program && rewriteProgram(block.program, scope, rewriting),
    inverse: block.inverse && rewriteProgram(block.inverse, scope, rewriting),
  };
}

function blockHint(name: string): string {
  const [best] = nearest(name, blocks);
  return best === undefined
    ? `The blocks are ${blocks.join(', ')}: for a list write {{#each ${name}}}, for a condition {{#if ${name}}}.`
    : `Did you mean "${best}"?`;
}

function rewriteExpression(
  expression: hbs.AST.Expression,
  scope: readonly string[],
  rewriting: Rewriting,
): hbs.AST.Expression {
  switch (expression.type) {
    case 'PathExpression':
      return rewritePath(expression as hbs.AST.PathExpression, scope, rewriting);
    case 'SubExpression':
      return rewriteCall(expression as hbs.AST.SubExpression, scope, rewriting);
    default:
      return expression;
  }
}

/** The one helper there is: `lookup record key`, as a read of one more key. */
function rewriteCall(
  expression: hbs.AST.SubExpression,
  scope: readonly string[],
  rewriting: Rewriting,
): hbs.AST.Expression {
  const { path, params } = expression;
  const [record, key] = params;
  if (path.original !== 'lookup') {
    return refuse(
      rewriting,
      path,
      `there is no helper "${path.original}"`,
      'Compute the value before, and pass it to the template; the one helper is lookup.',
    );
  }
  if (record === undefined || key === undefined || params.length > 2) {
    return refuse(rewriting, path, '"lookup" takes a record and a key', 'Write {{lookup record key}}.');
  }
  const from = rewriteExpression(record, scope, rewriting);
  const position = addUse(asPath(record), [], null, rewriting);
  return call('read', [from, position, rewriteExpression(key, scope, rewriting)], expression.loc);
}

function rewritePath(
  path: hbs.AST.PathExpression,
  scope: readonly string[],
  rewriting: Rewriting,
): hbs.AST.Expression {
  const [head] = path.parts;
  if (path.data) {
    if (head === undefined || !dataNames.includes(head)) {
      return refuse(
        rewriting,
        path,
        `there is no "${path.original}"`,
        `These begin with @: ${dataNames.join(', ')}.`,
      );
    }
    return call('read', [nothing(path.loc), addUse(path, path.parts, path.depth, rewriting)], path.loc);
  }
  const isScoped = path.depth > 0 || /^(\.|this\b)/.test(path.original);
  const isBlockParameter = !isScoped && head !== undefined && scope.includes(head);
  const base = { ...path, parts: isBlockParameter ? [head] : [], original: isBlockParameter ? head : 'this' };
  return call(
    'read',
    [base, addUse(path, isBlockParameter ? path.parts.slice(1) : path.parts, null, rewriting)],
    path.loc,
  );
}

function addUse(
  path: hbs.AST.PathExpression,
  parts: readonly string[],
  data: number | null,
  { uses }: Rewriting,
): hbs.AST.NumberLiteral {
  const { line, column } = path.loc.start;
  uses.push({ written: path.original ?? '', parts, data, line, column: column + 1 });
  return number(uses.length - 1, path.loc);
}

function call(
  helper: string,
  params: hbs.AST.Expression[],
  loc: hbs.AST.SourceLocation,
): hbs.AST.SubExpression {
  return {
    type: 'SubExpression',
    path: helperName(helper, loc),
    params,
    hash: undefined as unknown as hbs.AST.Hash,
    loc,
  };
}

function helperName(name: string, loc: hbs.AST.SourceLocation): hbs.AST.PathExpression {
  return { type: 'PathExpression', data: false, depth: 0, parts: [name], original: name, loc };
}

function number(value: number, loc: hbs.AST.SourceLocation): hbs.AST.NumberLiteral {
  return { type: 'NumberLiteral', value, original: value, loc };
}

function nothing(loc: hbs.AST.SourceLocation): hbs.AST.NullLiteral {
  return { type: 'NullLiteral', loc };
}

function refuse({ template }: Rewriting, node: hbs.AST.Node, what: string, hint: string): never {
  const { line, column } = node.loc.start;
  const place: LabelledPlace = { place: { file: template, line, column: column + 1 } };
  throw new SteadError({
    code: 'template.syntax',
    message: `the template cannot be used: ${what}`,
    places: [place],
    hint,
  });
}
