import Columnar
import Parquet
import Telemetry

extension FileDescription {
    private static let valueWidth = 80
    private static let boundWidth = 28
    private static let nameWidth = 48

    private var cell: CellText { CellText(width: isFull ? nil : Self.nameWidth) }
    private var valueCell: CellText { CellText(width: isFull ? nil : Self.valueWidth) }
    private var boundCell: CellText { CellText(width: isFull ? nil : Self.boundWidth) }

    /// The description for people: tables with aligned columns.
    var text: String {
        var sections = ["file\n\(TextTable(fileLines, indentation: 2))"]
        if !reader.keyValueMetadata.isEmpty {
            let lines = reader.keyValueMetadata.map { [cell($0.key), metadataText($0.value)] }
            sections.append("metadata\n\(TextTable(lines, indentation: 2))")
        }
        if !reader.leaves.isEmpty {
            let fields = SchemaTree.columns(of: reader).flatMap { schemaLines($0.withoutRepeatedGroups) }
            sections.append("schema\n\(TextTable(fields, indentation: 2))")
            if hasRowGroups {
                for index in 0..<reader.rowGroupCount { sections.append(rowGroupText(index)) }
            } else {
                let summaries = summaries()
                sections.append("columns\n\(storage(summaries))")
                sections.append("values\n\(values(summaries))")
            }
        }
        return sections.joined(separator: "\n")
    }

    private var fileLines: [[String]] {
        var lines = [["name", valueCell(name)]]
        lines.append(["size", size(byteCount)])
        lines.append(["rows", HumanUnits.count(reader.rowCount)])
        lines.append(["row groups", rowGroupsText])
        lines.append(["columns", columnsText])
        lines.append(["created by", reader.createdBy.map { valueCell($0) } ?? "not stated"])
        lines.append(["format version", "\(reader.metadata.version)"])
        if let sorted = commonSorting { lines.append(["sorted by", sorted]) }
        if reader.metadata.hasEncryptedColumns { lines.append(["encryption", "some columns are encrypted"]) }
        return lines
    }

    /// Bytes as people read them, and exactly.
    private func size(_ byteCount: Int) -> String {
        let exact = "\(HumanUnits.count(byteCount)) bytes"
        return byteCount < 1024 ? exact : "\(HumanUnits.bytes(byteCount)) (\(exact))"
    }

    private var rowGroupsText: String {
        let count = HumanUnits.count(reader.rowGroupCount)
        let rows = reader.metadata.rowGroups.map(\.rowCount)
        guard rows.count > 1, let least = rows.min(), let most = rows.max() else { return count }
        let range = least == most ? HumanUnits.count(least) : "\(HumanUnits.count(least)) to \(HumanUnits.count(most))"
        return "\(count) of \(range) \(most == 1 ? "row" : "rows")"
    }

    private var columnsText: String {
        let columns = HumanUnits.count(reader.schema.fields.count)
        let leaves = reader.leaves.count
        return leaves == reader.schema.fields.count ? columns : "\(columns) with \(HumanUnits.count(leaves)) leaves"
    }

    /// By what the rows of all row groups are sorted, if they agree.
    private var commonSorting: String? {
        guard let first = reader.metadata.rowGroups.first?.sortingColumns, !first.isEmpty,
            reader.metadata.rowGroups.allSatisfy({ $0.sortingColumns == first })
        else { return nil }
        return sorting(first)
    }

    private func sorting(_ columns: [FileMetadata.SortingColumn]) -> String {
        columns.map { column in
            let leaf =
                reader.leaves.indices.contains(Int(column.leafIndex)) ? reader.leaves[Int(column.leafIndex)] : nil
            return (leaf.map { path($0) } ?? "leaf \(column.leafIndex)") + (column.isDescending ? " descending" : "")
        }.joined(separator: ", ")
    }

    private func path(_ leaf: SchemaLeaf) -> String { cell(leaf.path.joined(separator: ".")) }

    private func metadataText(_ value: String?) -> String {
        guard let value else { return "no value" }
        let text = valueCell(value)
        let isCut = !isFull && text.hasSuffix("…") && !value.hasSuffix("…")
        return isCut ? "\(text) (\(size(value.utf8.count)))" : text
    }

    /// A node and those below it, with lines that lead to them.
    private func schemaLines(_ tree: SchemaTree, lead: String = "", below: String = "") -> [[String]] {
        let types = [tree.physicalType, tree.logicalType].compactMap(\.self).joined(separator: " ")
        let line = [
            lead + cell(tree.name), types.isEmpty ? "group" : types, tree.repetition,
            tree.fieldID.map { "field id \($0)" } ?? "",
        ]
        var lines = [line]
        for (index, child) in tree.children.enumerated() {
            let isLast = index == tree.children.count - 1
            lines += schemaLines(
                child,
                lead: below + (isLast ? "└─ " : "├─ "),
                below: below + (isLast ? "   " : "│  ")
            )
        }
        return lines
    }

    private func rowGroupText(_ index: Int) -> String {
        let group = reader.metadata.rowGroups[index]
        let summaries = summaries(ofRowGroup: index)
        var facts = [
            "\(HumanUnits.count(group.rowCount)) \(group.rowCount == 1 ? "row" : "rows")",
            HumanUnits.bytes(Self.sum(summaries.map(\.summary.compressedByteCount))),
            "\(HumanUnits.bytes(Self.sum(summaries.map(\.summary.uncompressedByteCount)))) before compression",
        ]
        if !group.sortingColumns.isEmpty { facts.append("sorted by \(sorting(group.sortingColumns))") }
        return "row group \(index): \(facts.joined(separator: ", "))\n\(storage(summaries))\n\(values(summaries))"
    }

    private func storage(_ leaves: [LeafSummary]) -> TextTable {
        // What may be long comes last, where it pushes nothing out of its column.
        let header = ["column", "codec", "compressed", "raw", "ratio", "dictionary", "bloom", "index", "encodings"]
        let lines = leaves.map { leaf in
            let summary = leaf.summary
            return [
                path(leaf.leaf),
                summary.codecs.map { FormatNames.codec($0) }.joined(separator: ", "),
                HumanUnits.bytes(summary.compressedByteCount),
                HumanUnits.bytes(summary.uncompressedByteCount),
                ratio(summary),
                "\(summary.dictionary)",
                "\(summary.bloomFilter)",
                pageIndex(summary),
                summary.encodings.map { FormatNames.encoding($0) }.joined(separator: ", "),
            ]
        }
        return TextTable([header] + lines, indentation: 2, rightAligned: [2, 3, 4])
    }

    private func ratio(_ summary: ColumnSummary) -> String {
        guard summary.compressedByteCount > 0, summary.uncompressedByteCount >= 0 else { return "-" }
        let tenths = (Double(summary.uncompressedByteCount) / Double(summary.compressedByteCount) * 10).rounded()
        guard let tenths = Int(exactly: tenths) else { return "-" }
        return "\(HumanUnits.count(tenths / 10)).\(tenths % 10)"
    }

    private func pageIndex(_ summary: ColumnSummary) -> String {
        // Without bounds, pages can be found by their rows still.
        if summary.columnIndex == .no, summary.offsetIndex == .yes { return "offsets" }
        return summary.columnIndex == summary.offsetIndex ? "\(summary.offsetIndex)" : "partly"
    }

    private func values(_ leaves: [LeafSummary]) -> TextTable {
        let lines = leaves.map { leaf in
            let summary = leaf.summary
            return [
                path(leaf.leaf),
                HumanUnits.count(summary.entryCount),
                summary.nullCount.map { HumanUnits.count($0) } ?? "-",
                bound(leaf.text(summary.min), isShortened: summary.min?.isExact == false, sign: "≥"),
                bound(leaf.text(summary.max), isShortened: summary.max?.isExact == false, sign: "≤"),
            ]
        }
        return TextTable([["column", "entries", "nulls", "min", "max"]] + lines, indentation: 2, rightAligned: [1, 2])
    }

    private func bound(_ text: ValueText?, isShortened: Bool, sign: String) -> String {
        guard let text else { return "-" }
        return (isShortened ? "\(sign) " : "") + boundCell(text)
    }
}
