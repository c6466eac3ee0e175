// What is published, looked at from outside.
import { must } from '../workspace.mjs'

/** @throws Error with what publint said */
export async function checkWithPublint(tarballs) {
  for (const tarball of Object.values(tarballs)) await must('publint', ['run', tarball, '--strict'])
}

/** The way of resolving modules that Node 10 had knows no `exports`: subpaths cannot work there, and nobody supports it any more. */
const modes = ['--profile', 'node16']

/** @throws Error with the table of what does not resolve */
export async function checkWithAttw(tarballs) {
  for (const tarball of Object.values(tarballs)) await must('attw', [tarball, ...modes])
}
