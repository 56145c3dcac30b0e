// What modules refuse: each of their assertions and warnings says what to do next.
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseSync, Visitor, type Node } from 'oxc-parser';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const files = globSync(['modules/**/*.ts', 'src/bundle/sets/*.ts'], { cwd: root });

test('every assertion of a module says what to do where it does not hold', () => {
  const bare: string[] = [];
  let count = 0;
  for (const file of files) {
    const text = readFileSync(resolve(root, file), 'utf8');
    new Visitor({
      CallExpression({ callee, arguments: [, statement] }) {
        if (callee.type !== 'Identifier' || !['assert', 'warn'].includes(callee.name)) return;
        count += 1;
        if (saysNoMore(statement)) bare.push(`${file}: ${text.slice(statement?.start, statement?.end)}`);
      },
    }).visit(parseSync(file, text).program);
  }
  expect(count).toBeGreaterThan(100);
  expect(bare).toEqual([]);
});

/** Whether it is text, and not what is wrong with what to do about it, or something that makes both. */
function saysNoMore(statement: Node | undefined): boolean {
  if (statement?.type === 'ArrowFunctionExpression') return saysNoMore(statement.body);
  return (
    statement === undefined || ['Literal', 'TemplateLiteral', 'BinaryExpression'].includes(statement.type)
  );
}
