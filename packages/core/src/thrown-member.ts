/** A member of whatever was thrown, of this realm or another; undefined where reading it throws in turn. */
export function thrownMember(thrown: unknown, name: PropertyKey): unknown {
  try {
    return Reflect.get(Object(thrown), name)
  } catch {
    return undefined
  }
}
