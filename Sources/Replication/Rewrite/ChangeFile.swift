import Lake
import ObjectStorage
import PostgresWire

/// A file of changes in the lake.
struct ChangeFile: Sendable {
    /// What its key says.
    let name: ChangeFileName
    /// What the store says.
    let object: ObjectInfo

    /// The position behind its last change.
    var end: ChangePosition { ChangePosition(lsn: name.last) }
}

extension ChangeFile: Comparable {
    /// Orders by the changes inside; those of one transaction by part.
    static func < (left: ChangeFile, right: ChangeFile) -> Bool {
        let (left, right) = (left.name, right.name)
        return (left.first.rawValue, left.last.rawValue, left.generation, left.part)
            < (right.first.rawValue, right.last.rawValue, right.generation, right.part)
    }

    /// Whether both have the same name.
    static func == (left: ChangeFile, right: ChangeFile) -> Bool { left.name == right.name }
}
