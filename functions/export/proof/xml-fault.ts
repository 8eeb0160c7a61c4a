/** What is wrong with an XML document, worded to follow "which". */
export class XmlFault extends Error {
  override readonly name = 'XmlFault';
}
