// Recipes: content-hashed builds, pinned by stead.lock. What fleets import is in recipe.ts and source.ts.
export { fetchInputs, type FetchOptions } from './fetch/inputs.ts';
export { recipeFiles } from './files.ts';
