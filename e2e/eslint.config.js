import { readFileSync, readdirSync } from 'node:fs';
import js from '@eslint/js';
import { Linter } from 'eslint';
import globals from 'globals';

// The script's files are joined into one closure, in strict mode: what stands at
// the top of one is there for all. The linter is told so, file by file: what the
// others declare is known and read-only, and what the others use is used.
const folder = new URL('../assets/script/', import.meta.url);
const languageOptions = { ecmaVersion: 2023, sourceType: 'script', parserOptions: { ecmaFeatures: { impliedStrict: true } } };

const parts = readdirSync(folder).map((name) => {
  const linter = new Linter();
  const [mistake] = linter.verify(readFileSync(new URL(name, folder), 'utf8'), { languageOptions });
  if (mistake) throw new Error(`${name}: line ${mistake.line}: ${mistake.message}`);
  const { globalScope } = linter.getSourceCode().scopeManager;
  return {
    name,
    declares: globalScope.variables.filter((variable) => variable.defs.length).map((variable) => variable.name),
    uses: globalScope.through.map((reference) => reference.identifier.name),
  };
});

const declared = parts.flatMap((part) => part.declares);
const browser = Object.fromEntries(Object.entries(globals.browser).filter(([name]) => !declared.includes(name)));

const configOf = (part) => {
  const others = parts.filter((other) => other !== part);
  const theirs = others.flatMap((other) => other.declares);
  const used = part.declares.filter((name) => others.some((other) => other.uses.includes(name)));
  return {
    files: [`**/assets/script/${part.name}`],
    languageOptions: { ...languageOptions, globals: { ...browser, ...Object.fromEntries(theirs.map((name) => [name, 'readonly'])) } },
    rules: {
      'no-shadow': ['error', { builtinGlobals: true, allow: Object.keys(browser) }],
      'no-unused-vars': ['error', { varsIgnorePattern: `^(${used.join('|')})$` }],
    },
  };
};

export default [
  js.configs.recommended,
  {
    files: ['**/assets/script/*.js'],
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-restricted-syntax': ['error', {
        selector: 'VariableDeclaration + VariableDeclaration > VariableDeclarator > :matches(ArrayPattern, ObjectPattern).id',
        message: 'The minifier evaluates this before the declarations in front of it.',
      }, {
        selector: 'VariableDeclarator + VariableDeclarator > :matches(ArrayPattern, ObjectPattern).id',
        message: 'The minifier evaluates this before the declarations in front of it.',
      }],
      complexity: ['error', 14],
      'max-lines-per-function': ['error', { max: 45, skipBlankLines: true, skipComments: true }],
    },
  },
  ...parts.map(configOf),
  {
    files: ['**/assets/hearts.js'],
    languageOptions: { ecmaVersion: 2023, sourceType: 'script', globals: globals.browser },
    rules: { eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error', 'no-shadow': 'error', complexity: ['error', 14] },
  },
  {
    files: ['**/audit.js', '**/gainmap.js', '**/script.test.js'],
    languageOptions: { ecmaVersion: 2023, sourceType: 'module', globals: globals.node },
  },
];
