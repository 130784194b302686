import Lake

extension Checkpoint.Table {
    /// What is to be said if the settings give a table another name in the lake than it has there already; nil if they do
    /// not.
    func warning(ofWanted wanted: String) -> String? {
        // A table that was renamed keeps its name, as does one whose name another has taken.
        guard first == nil, !name.isSameName(as: wanted), !name.isSameName(as: "\(wanted)__\(oid)") else { return nil }
        return
            "table \(schema == "public" ? table : "\(schema).\(table)") is called \(name) in the lake, where its changes are, "
            + "and keeps that name; the settings would call it \(wanted): take that back, or run sluice drop, then sluice "
            + "replicate, which loads all tables anew"
    }
}
