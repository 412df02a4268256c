// The law of private methods: none in device code. XS keeps each `#method` as a property of each instance, a slot; a method
// of the prototype lies in ROM. Private fields are fine.

/** Accessors, generators and static ones as well; a call stands behind a point, a field has no parentheses. */
const METHOD = /^\s*(?:(?:static|async|get|set|override)\s+)*\*?\s*(#\w+)\s*(?:<.*>\s*\(|<\s*$|\()/;

/**
 * @param {string} path
 * @param {string} text of device code, without comments and the contents of strings
 * @returns {string[]} a line for each
 */
export function privateMethods(path, text) {
  return text.split("\n").flatMap((line, index) => {
    const method = METHOD.exec(line);
    return method ? [`${path}:${index + 1}: ${method[1]} is a private method: a slot in each instance`] : [];
  });
}
