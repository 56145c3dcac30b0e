import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../src/bundle/index.ts';

test('the example of RFC 8785, section 3.2.2, comes out as section 3.2.3 has it', () => {
  const value: unknown = JSON.parse(String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`);
  expect(canonicalJson(value)).toBe(
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

test('keys are sorted as RFC 8785, section 3.2.3, sorts them: by UTF-16 code units', () => {
  const value = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  };
  expect(
    Object.values(
      JSON.parse(`[${/^{(.*)}$/.exec(canonicalJson(value))?.[1]?.replaceAll(/"(?:[^"\\]|\\.)*":/g, '')}]`),
    ),
  ).toEqual([
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ]);
});

// The doubles of RFC 8785, appendix B, by their bits.
test.each([
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
])('the double %s is written %s', (bits, text) => {
  expect(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE())).toBe(text);
});

test.each([
  [Number.NaN],
  [Number.POSITIVE_INFINITY],
  [undefined],
  [1n],
  [() => 1],
  [Symbol('a')],
  ['\ud800'],
  [{ a: undefined }],
  [[undefined]],
  [{ '\udead': 1 }],
])('what JSON has no word for is refused: %#', (value) => {
  expect(() => canonicalJson(value)).toThrow(TypeError);
});

test('a hole in a list is refused', () => {
  // oxlint-disable-next-line no-sparse-arrays
  expect(() => canonicalJson([1, , 2])).toThrow(TypeError);
});

test('the text does not depend on the order in which keys were set', () => {
  const record = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(record, fc.infiniteStream(fc.nat()), (value, order) => {
      const shuffled = Object.entries(value)
        .map(([key, item]) => ({ rank: order.next().value, key, item }))
        .sort((left, right) => left.rank - right.rank)
        .map(({ key, item }) => [key, item] as const);
      expect(canonicalJson(Object.fromEntries(shuffled))).toBe(canonicalJson(value));
    }),
  );
});

test('the text is read back equal, and is its own canonical form', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
