// Compiles every TypeScript snippet of the READMEs and the docs, and runs those that are not marked `no-run`.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { capture, ensureRedisServer, packageNames, root } from './workspace.mjs'

/** Beside the meta package, where every name that a user would import can be imported. */
const folder = join(root, 'packages', 'requestforge', '.snippets')

/** @throws Error with what the compiler or a snippet said */
export async function checkSnippets() {
  ensureRedisServer()
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const snippets = markdownFiles().flatMap(snippetsOf)
  for (const { file, text } of snippets) writeFileSync(join(folder, file), text)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  const compiled = await capture('tsc', ['-p', folder])
  if (compiled.code !== 0) throw new Error(compiled.output)
  const runnable = snippets.filter(({ runs }) => runs).map(({ file }) => join(folder, file))
  const { code, output } = await capture('tsx', [join(root, 'scripts', 'run-snippets.ts'), ...runnable])
  if (code !== 0) throw new Error(output)
  rmSync(folder, { recursive: true, force: true })
  return `${snippets.length} compiled, ${runnable.length} run`
}

const tsconfig = {
  extends: '../../../tsconfig.base.json',
  compilerOptions: { types: ['node'], isolatedDeclarations: false, noUnusedLocals: false, noPropertyAccessFromIndexSignature: false },
  include: ['*.ts'],
}

function markdownFiles() {
  const docs = readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md')).map((file) => join(root, 'docs', file))
  return [join(root, 'README.md'), ...docs, ...packageNames.map((name) => join(root, 'packages', name, 'README.md'))]
}

/** A fence is a module; one marked `continue` belongs to the one before. */
function snippetsOf(path) {
  const name = relative(root, path).replace(/\.md$/, '').replace(/[^\w]+/g, '-')
  const snippets = []
  for (const [, info, text] of readFileSync(path, 'utf8').matchAll(/^```ts([^\n]*)\n(.*?)^```$/gms)) {
    const last = snippets.at(-1)
    if (info.includes('continue') && last !== undefined) {
      last.parts.push(text)
      last.runs &&= !info.includes('no-run')
    } else snippets.push({ parts: [text], runs: !info.includes('no-run') })
  }
  return snippets.map(({ parts, runs }, index) => ({ file: `${name}-${index + 1}.ts`, text: `${parts.join('\n')}\nexport {}\n`, runs }))
}
