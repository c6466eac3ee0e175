import { BlockList, isIP } from 'node:net'

/** Whether `no_proxy` names a host: by its name or a domain above it, an address, or a range of addresses, each with or without a port. */
export function isListed(hostname: string, port: string, noProxy: string): boolean {
  const host = bare(hostname)
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry === '*' || (entry !== '' && names(entry, host, port)))
}

/** As it is compared: IPv6 without its brackets, a name without the dot that says that it is a whole one. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

function names(entry: string, host: string, port: string): boolean {
  // Of many colons none is that of a port, unless there are brackets.
  const [, written = '', entryPort] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [entry, entry]
  if (entryPort !== undefined && entryPort !== port) return false
  const [name = '', prefix] = bare(written)
    .replace(/^\*?\./, '')
    .split('/')
  if (isIP(name) !== 0) return isIP(host) !== 0 && covers(name, prefix, host)
  if (isIP(host) !== 0 || name === '' || prefix !== undefined) return false
  return host === name || host.endsWith(`.${name}`)
}

/** A range that is none covers nothing. */
function covers(address: string, prefix: string | undefined, host: string): boolean {
  const length = prefix === undefined ? widthOf(address) : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.POSITIVE_INFINITY
  if (length > widthOf(address)) return false
  const range = new BlockList()
  range.addSubnet(address, length, familyOf(address))
  return range.check(host, familyOf(host))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6'
}

function widthOf(address: string): number {
  return isIP(address) === 4 ? 32 : 128
}
