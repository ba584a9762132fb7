import fc, { anyCharacter } from "./properties.ts";

it("any character is a character of the unit binary of fast-check, from the same random numbers", () => {
  const draw = (unit: "binary" | typeof anyCharacter) =>
    fc.sample(fc.string({ unit, maxLength: 40 }), { numRuns: 300, seed: 11 });
  expect(draw(anyCharacter)).toEqual(draw("binary"));
});

it("any character recognizes its characters", () => {
  const property = fc.property(anyCharacter, (character) => anyCharacter.canShrinkWithoutContext(character));
  fc.assert(property);
  for (const other of ["", "ab", "\ud800", 1, null])
    expect(anyCharacter.canShrinkWithoutContext(other)).toBe(false);
});
