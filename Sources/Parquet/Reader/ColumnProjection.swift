import Columnar

/// A column of a file, or the part of it that is wanted.
struct ColumnProjection: Sendable {
    let name: String
    let shape: RecordShape

    /// The columns that names and paths ask for.
    ///
    /// - Throws: ``ParquetReadError`` with code `malformed` if one asks for nothing.
    static func choose(
        _ paths: [String],
        of columns: [ColumnProjection]
    ) throws(ParquetReadError) -> [ColumnProjection] {
        var chosen: [(column: Int, parts: ShapeParts)] = []
        /// Where each column was chosen first.
        var places: [Int: Int] = [:]
        // By the bytes of the name: Swift holds names equal that a file does not.
        let names = Dictionary(columns.enumerated().map { (Array($1.name.utf8), $0) }) { first, _ in first }
        for path in paths {
            guard let (column, parts) = names[Array(path.utf8)].map({ ($0, nil) }) ?? find(path, in: columns) else {
                throw ParquetReadError(.malformed, "The file has no column \(path).")
            }
            // Whole columns may be asked for twice; the parts of one make one column.
            if let place = places[column], !(parts == nil && chosen[place].parts == .all) {
                chosen[place].parts.formUnion(parts ?? .all)
            } else {
                if places[column] == nil { places[column] = chosen.count }
                chosen.append((column, parts ?? .all))
            }
        }
        return chosen.map { column, parts in
            ColumnProjection(name: columns[column].name, shape: columns[column].shape.pruned(to: parts))
        }
    }

    /// The part of a column that a path asks for.
    private static func find(_ path: String, in columns: [ColumnProjection]) -> (column: Int, parts: ShapeParts?)? {
        for (index, column) in columns.enumerated() {
            guard let rest = path[...].dropping(node: column.name), !rest.isEmpty else { continue }
            if let parts = column.shape.parts(at: rest) { return (index, parts) }
        }
        return nil
    }
}

/// Which parts of a column are wanted.
indirect enum ShapeParts: Equatable, Sendable {
    case all
    /// Some children of a structure, list or map, by their place.
    case children([Int: ShapeParts])

    /// Adds what the other has.
    mutating func formUnion(_ other: ShapeParts) {
        guard case .children(var own) = self, case .children(let others) = other else {
            self = .all
            return
        }
        for (place, parts) in others {
            if var known = own[place] {
                known.formUnion(parts)
                own[place] = known
            } else {
                own[place] = parts
            }
        }
        self = .children(own)
    }
}

extension RecordShape {
    /// The leaves below, in the order of the file.
    var leaves: [SchemaLeaf] {
        if case .leaf(let leaf) = kind { return [leaf] }
        return children.flatMap(\.leaves)
    }

    /// What a path asks for, the names before it taken off; `nil` if there is nothing of that name.
    fileprivate func parts(at path: Substring) -> ShapeParts? {
        if path.isEmpty { return .all }
        for (place, child) in children.enumerated() {
            for names in childNames[place] {
                var rest: Substring? = path
                for name in names { rest = rest?.dropping(node: name) }
                if let rest, let parts = child.parts(at: rest) { return .children([place: parts]) }
            }
        }
        return nil
    }

    /// The shape of the parts that are wanted.
    ///
    /// Of a map the keys are always kept, as there is no map without.
    fileprivate func pruned(to parts: ShapeParts) -> RecordShape {
        guard case .children(let wanted) = parts else { return self }
        let places = children.indices.filter { kind == .entries || wanted[$0] != nil }
        let kept = places.map { children[$0].pruned(to: wanted[$0] ?? .all) }
        return RecordShape(self, keeping: places, as: kept)
    }
}

extension Substring {
    /// What follows a node's name in a path; `nil` if the path does not begin with it.
    fileprivate func dropping(node name: String) -> Substring? {
        guard hasPrefix(name) else { return nil }
        let rest = dropFirst(name.count)
        guard let point = rest.first else { return rest }
        return point == "." ? rest.dropFirst() : nil
    }
}
