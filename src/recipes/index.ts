// Recipes: content-hashed builds, pinned by stead.lock.
export type { Derivation } from './derivation.ts';
export { recipe, type Recipe, type RecipeSettings } from './recipe.ts';
export { source, type Source } from './source.ts';
export { recipeFiles, writeRecipe } from './write.ts';
