/** Whether a field path is another one or lies inside it. */
export function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || (path.startsWith(ancestor) && '.[{<'.includes(path.charAt(ancestor.length)));
}
