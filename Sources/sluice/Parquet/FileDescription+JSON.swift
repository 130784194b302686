import Parquet

extension FileDescription {
    /// The description for programs: every key is always there, absent values are null, sizes are bytes.
    var json: String {
        var members: [(String, JSONValue)] = [
            ("file", .string(name)),
            ("bytes", .number(byteCount)),
            ("rows", .number(reader.rowCount)),
            ("row_group_count", .number(reader.rowGroupCount)),
            ("created_by", .optional(reader.createdBy) { .string($0) }),
            ("format_version", .number(Int(reader.metadata.version))),
            (
                "metadata",
                .array(
                    reader.keyValueMetadata.map { entry in
                        .object([("key", .string(entry.key)), ("value", .optional(entry.value) { .string($0) })])
                    }
                )
            ),
            ("schema", .array(SchemaTree.columns(of: reader).map(json))),
            ("columns", .array(summaries().map(json))),
        ]
        if hasRowGroups { members.append(("row_groups", .array((0..<reader.rowGroupCount).map(json(ofRowGroup:))))) }
        return JSONValue.object(members).text + "\n"
    }

    private func json(_ tree: SchemaTree) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("name", .string(tree.name)),
            ("repetition", .string(tree.repetition)),
            ("type", .optional(tree.physicalType) { .string($0) }),
            ("logical_type", .optional(tree.logicalType) { .string($0) }),
            ("field_id", .optional(tree.fieldID) { .number(Int($0)) }),
        ]
        if tree.physicalType == nil { members.append(("fields", .array(tree.children.map(json)))) }
        return .object(members)
    }

    private func json(_ leaf: LeafSummary) -> JSONValue {
        let summary = leaf.summary
        return .object([
            ("path", .array(leaf.leaf.path.map { .string($0) })),
            ("codecs", .array(summary.codecs.map { .string(FormatNames.codec($0)) })),
            ("encodings", .array(summary.encodings.map { .string(FormatNames.encoding($0)) })),
            ("dictionary", .string("\(summary.dictionary)")),
            ("compressed_bytes", .number(summary.compressedByteCount)),
            ("uncompressed_bytes", .number(summary.uncompressedByteCount)),
            ("entries", .number(summary.entryCount)),
            ("nulls", .optional(summary.nullCount) { .number($0) }),
            ("nans", .optional(summary.nanCount) { .number($0) }),
            ("min", json(leaf.text(summary.min))),
            ("max", json(leaf.text(summary.max))),
            ("is_min_exact", .optional(summary.min?.isExact) { .bool($0) }),
            ("is_max_exact", .optional(summary.max?.isExact) { .bool($0) }),
            ("bloom_filter", .string("\(summary.bloomFilter)")),
            ("offset_index", .string("\(summary.offsetIndex)")),
            ("column_index", .string("\(summary.columnIndex)")),
        ])
    }

    private func json(_ bound: ValueText?) -> JSONValue {
        .optional(bound) { $0.form == .literal ? .literal($0.text) : .string($0.text) }
    }

    private func json(ofRowGroup index: Int) -> JSONValue {
        let group = reader.metadata.rowGroups[index]
        let summaries = summaries(ofRowGroup: index)
        return .object([
            ("rows", .number(group.rowCount)),
            ("compressed_bytes", .number(Self.sum(summaries.map(\.summary.compressedByteCount)))),
            ("uncompressed_bytes", .number(Self.sum(summaries.map(\.summary.uncompressedByteCount)))),
            (
                "sorting",
                .array(
                    group.sortingColumns.map { column in
                        .object([
                            ("leaf", .number(Int(column.leafIndex))),
                            ("is_descending", .bool(column.isDescending)),
                            ("has_nulls_first", .bool(column.hasNullsFirst)),
                        ])
                    }
                )
            ),
            ("columns", .array(summaries.map(json))),
        ])
    }
}
