import { generatedFiles, staleFiles, writeGeneratedFiles } from './generated-files.js';

// Run from the root of the project: writes the generated files, or with --check only compares them.
const root = process.cwd();
if (process.argv.includes('--check')) {
  const stale = staleFiles(root);
  for (const file of stale) console.error(`${file} is stale. Run: npm run generate`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  writeGeneratedFiles(root);
  console.log(`Written: ${Object.keys(generatedFiles).join(', ')}`);
}
