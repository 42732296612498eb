"""Prints what xml.etree sees of the XML document on standard input, one element a line.

Arguments: "body" starts at the element in the SOAP body; "policies" does so too, replaces the
references of an MS-XCEP answer by what they refer to, and sorts its list of OIDs."""

import sys
import xml.etree.ElementTree as ElementTree

XCEP = "{http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy}"
SOAP = "{http://www.w3.org/2003/05/soap-envelope}"


def show(element, depth):
    attributes = "".join(f" {key}={value}" for key, value in sorted(element.attrib.items()))
    text = "".join((element.text or "").split())
    print("  " * depth + element.tag + attributes + (f" = {text}" if text else ""))
    for child in element:
        show(child, depth + 1)


def resolve_references(root):
    oids = root.find(XCEP + "oIDs")
    values = {}
    for oid in oids:
        identifier = oid.find(XCEP + "oIDReferenceID")
        assert identifier.text not in values, "an oIDReferenceID occurs twice"
        values[identifier.text] = oid.find(XCEP + "value").text
        identifier.text = "-"
    oids[:] = sorted(oids, key=lambda oid: oid.find(XCEP + "value").text)
    for element in root.iter():
        name = element.tag.removeprefix(XCEP)
        if name.endswith("OIDReference") or name == "oIDReference":
            if element.text is not None:
                element.text = values[element.text]


def main():
    tree = ElementTree.fromstring(sys.stdin.buffer.read())
    mode = sys.argv[1] if len(sys.argv) > 1 else ""
    if mode:
        tree = tree.find(SOAP + "Body")[0]
    if mode == "policies":
        resolve_references(tree)
    show(tree, 0)


main()
