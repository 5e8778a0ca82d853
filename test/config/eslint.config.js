import js from '@eslint/js'
import {defineConfig} from 'eslint/config'
import tseslint from 'typescript-eslint'

const root = new URL('../..', import.meta.url).pathname

export default defineConfig(
  {ignores: ['**/dist/', '**/node_modules/', '**/coverage/']},
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.mts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {parserOptions: {project: ['./tsconfig.json', './test/tsconfig.json'], tsconfigRootDir: root}},
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', {fixStyle: 'inline-type-imports'}],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', {argsIgnorePattern: '^_', varsIgnorePattern: '^_'}],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true, allowBoolean: true}],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    // The environment, the working directory and timers of the outside world come in through adapters.
    files: ['src/**/*.ts'],
    ignores: ['src/adapters/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'The environment comes in through src/app/ports.ts and the adapters.',
        },
        {object: 'process', property: 'cwd', message: 'The working directory comes in through src/app/ports.ts.'},
        {object: 'process', property: 'exit', message: 'Throw: BaseCommand sets the status.'},
      ],
      'no-restricted-globals': ['error', 'fetch'],
      'no-restricted-imports': [
        'error',
        {name: '@oclif/core', message: 'Import the part (@oclif/core/flags, …): all of it takes long to load.'},
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/no-floating-promises': ['error', {ignoreVoid: true}],
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // What is run is CommonJS.
    files: ['bin/*.js', '**/*.cjs'],
    languageOptions: {sourceType: 'commonjs', globals: {__dirname: 'readonly'}},
  },
  {
    files: ['**/*.js', '**/*.cjs', '**/*.mjs'],
    languageOptions: {
      globals: {process: 'readonly', console: 'readonly', module: 'readonly', URL: 'readonly', Buffer: 'readonly'},
    },
  },
)
