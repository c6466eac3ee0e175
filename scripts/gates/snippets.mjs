// Compiles every TypeScript snippet of the READMEs and the docs, and runs those that are not marked `no-run`. CONTRIBUTING.md has the rules.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ensureRedisServer, startRedisServer, warnWithoutRedis } from '../redis.mjs'
import { env, must, packageNames, root } from '../workspace.mjs'

/** Beside the meta package, where everything that a user would import can be imported. */
const folder = join(root, 'packages', 'requestforge', '.snippets')

const tsconfig = {
  extends: '../../../tsconfig.base.json',
  // A reader's snippet declares no types for others, and reads `process.env` as people do.
  compilerOptions: {
    types: ['node'],
    isolatedDeclarations: false,
    declaration: false,
    noUnusedLocals: false,
    noPropertyAccessFromIndexSignature: false,
  },
  include: ['*.ts'],
}

/** @throws Error with what the compiler or a snippet said */
export async function checkSnippets() {
  const snippets = markdownFiles().flatMap(snippetsOf)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const { file, text } of snippets) writeFileSync(join(folder, file), text)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  try {
    await must('tsc', ['-p', folder])
    const runnable = snippets.filter(({ runs }) => runs).map(({ file }) => join(folder, file))
    await runAll(runnable)
    return `${snippets.length} compiled, ${runnable.length} run`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runAll(files) {
  const hasRedis = await ensureRedisServer()
  if (!hasRedis) warnWithoutRedis('SNIPPETS THAT NEED IT ARE SKIPPED')
  const redis = hasRedis ? await startRedisServer() : undefined
  try {
    await must('tsx', [join(root, 'scripts', 'gates', 'run-snippets.ts'), ...files], {
      env: { ...env, REDIS_URL: redis?.url ?? '' },
    })
  } finally {
    redis?.stop()
  }
}

function markdownFiles() {
  const docs = readdirSync(join(root, 'docs'), { recursive: true }).filter((file) => file.endsWith('.md'))
  const readmes = ['README.md', ...packageNames.map((name) => join('packages', name, 'README.md'))]
  return [...readmes, ...docs.map((file) => join('docs', file))].map((file) => join(root, file)).filter(existsSync)
}

/** A fence is a module; one marked `continue` belongs to the one before. */
function snippetsOf(path) {
  const source = relative(root, path)
  const text = readFileSync(path, 'utf8')
  const snippets = []
  for (const { 1: info, 2: code, index } of text.matchAll(/^```(?:ts|typescript)\b([^\n]*)\n(.*?)^```$/gms)) {
    const words = info
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '')
    const line = text.slice(0, index).split('\n').length
    const unknown = words.filter((word) => !['continue', 'no-run'].includes(word))
    if (unknown.length > 0)
      throw new Error(`${source}:${line} \`\`\`ts ${unknown.join(' ')}: there are only \`no-run\` and \`continue\``)
    const last = snippets.at(-1)
    if (words.includes('continue') && last !== undefined) last.code += `\n${code}`
    else snippets.push({ line, code, runs: true })
    if (words.includes('no-run')) snippets.at(-1).runs = false
  }
  const name = source.replace(/\.md$/, '').replace(/[^\w]+/g, '-')
  return snippets.map(({ line, code, runs }) => ({ file: `${name}-line-${line}.ts`, text: `${code}\nexport {}\n`, runs }))
}
