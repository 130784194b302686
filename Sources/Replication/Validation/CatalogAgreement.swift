import AWS
import Lake
import Logging
import ObjectStorage

/// Whether the catalog says what the lake's files hold, and Athena can be reached; nothing is changed.
///
/// Blocks the calling thread.
struct CatalogAgreement {
    let request: ReplicationRequest
    let options: AthenaOptions
    let store: any ObjectStore
    /// Whether a stream runs, which brings in what is missing by itself.
    let isFollowed: Bool
    let logger: Logger
    let control: RunControl

    /// Looks at the tables of some tables of the lake.
    ///
    /// - Parameter names: Their names in the lake.
    /// - Returns: What is not as it should be.
    /// - Throws: ``ReplicationError`` if the lake cannot be read, or the run was cancelled.
    func findings(of names: Set<String>) throws -> [ValidationFinding] {
        guard case .s3 = request.lake.location else { return [] }
        var findings: [ValidationFinding] = []
        do {
            var update = try CatalogUpdate(options, services: try request.lake.services())
            update.looksOnly = true
            update.addsOnly = true
            let asked = update
            let reading = try CatalogReading(store, slot: request.slot, cancelledBy: control)
            let run = CatalogRun(request: request, update: update, reading: reading, logger: logger, control: control)
            // Who may not even see the database is told so once.
            _ = try run.database()
            for entry in try CatalogEntries(reading, request).list([], keepsDeleted: { run.keepsDeleted($0) })
            where names.contains(entry.name) {
                do {
                    findings += try run.tables(entry).compactMap { finding($0, of: entry.name) }
                    guard let table = reading.source(of: entry.name) else { continue }
                    let view = try run.view(table, over: run.wanted(entry))
                    if let view, let finding = finding(view, of: entry.name) { findings.append(finding) }
                } catch let error as AWSError where !error.isAboutAll {
                    findings.append(ValidationFinding(.failure, .catalog, table: entry.name, error.description))
                } catch let error as ReplicationError where error.code == .lake && !error.isTransient {
                    findings.append(ValidationFinding(.failure, .catalog, table: entry.name, error.description))
                }
            }
            try waitForResult(cancelledBy: control) { try await asked.ask() }
            return findings
        } catch let error as AWSError where error.code != .cancelled {
            return findings + [ValidationFinding(.failure, .catalog, error.description)]
        } catch let error as AWSError {
            throw ReplicationError(error)
        }
    }

    private func finding(_ change: CatalogChange, of table: String) -> ValidationFinding? {
        let name = "\(options.database).\(change.name)"
        let text: String
        switch change.outcome {
        case .unchanged, .left: return nil
        case .created: text = "the catalog lacks \(name)"
        case .changed(let differences):
            text = "the catalog's \(name) is not what the files are: \(differences.joined(separator: ", "))"
        case .failed(let reason): return ValidationFinding(.failure, .catalog, table: table, reason)
        }
        // A stream brings it in at the next interval; of a view nothing depends.
        let isLate = isFollowed || change.kind == .view
        return ValidationFinding(
            isLate ? .warning : .failure,
            .catalog,
            table: table,
            text + "; run sluice athena repair"
        )
    }
}
