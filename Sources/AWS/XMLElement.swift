/// An element of a small XML answer, with its children.
public struct XMLElement: Sendable {
    /// The local name.
    public let name: String
    /// The text directly inside, joined.
    public private(set) var text = ""
    /// The elements directly inside, in order.
    public private(set) var children: [XMLElement] = []

    /// A listing of a thousand objects has about ten thousand.
    private static let elementLimit = 50_000

    /// Reads a document; throws `invalidResponse` if it is not one or has more than `sizeLimit` bytes.
    public static func parse(_ bytes: [UInt8], sizeLimit: Int) throws(AWSError) -> XMLElement {
        var reader = try XMLReader(bytes, sizeLimit: sizeLimit)
        var open: [XMLElement] = []
        var root: XMLElement?
        var count = 0
        while let event = try reader.next() {
            switch event {
            case .start(let name):
                count += 1
                guard count <= elementLimit else {
                    throw AWSError(.invalidResponse, detail: "an XML answer has more than \(elementLimit) elements")
                }
                open.append(XMLElement(name: name))
            case .text(let text):
                open[open.count - 1].text += text
            case .end:
                guard let element = open.popLast() else { continue }
                if open.isEmpty {
                    root = root ?? element
                } else {
                    open[open.count - 1].children.append(element)
                }
            }
        }
        guard let root else { throw AWSError(.invalidResponse, detail: "an XML answer is empty") }
        return root
    }

    /// The first child of this name.
    public subscript(_ name: String) -> XMLElement? {
        children.first { $0.name == name }
    }
}
