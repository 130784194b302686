import Foundation
import Glibc
import Lake
import ObjectStorage
import Telemetry

/// Whether the lake can be read, written and cleared, and keeps to conditions.
struct LakeCheck {
    let lake: LakeOptions

    /// Looks; an object of its own is written and removed again.
    func findings() async -> [Finding] {
        if case .folder(let path) = lake.location, !Self.isFolder(path) { return [Self.missingFolder(path)] }
        let store: any ObjectStore
        do {
            store = try lake.open()
        } catch {
            return [Finding(.fail, .lake, "lake", "\(error)")]
        }
        var findings = await findings(of: store)
        if let store = store as? S3Store { findings += Self.serverFindings(of: store, wanted: lake.region) }
        return findings
    }

    // MARK: - Folders

    /// Whether rows that do not fit into memory have a place; nothing if they have.
    static func spillFinding(_ path: String) -> Finding? {
        guard isFolder(path) else {
            let finding = missingFolder(path, "spill")
            return finding.status == .ok ? nil : finding
        }
        guard access(path, W_OK | X_OK) != 0 else { return nil }
        let text = "rows that do not fit into memory cannot be put into \(path), which may not be written"
        return Finding(.fail, .lake, "spill", text, [.settings("spill_directory: …")])
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder = ObjCBool(false)
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Whether a folder that is not there can be made; it is not.
    static func missingFolder(_ path: String, _ check: String = "write") -> Finding {
        var parent = URL(filePath: path).standardizedFileURL
        while parent.path != "/", !FileManager.default.fileExists(atPath: parent.path) {
            parent.deleteLastPathComponent()
        }
        var isFolder = ObjCBool(false)
        _ = FileManager.default.fileExists(atPath: parent.path, isDirectory: &isFolder)
        guard isFolder.boolValue, access(parent.path, W_OK | X_OK) == 0 else {
            guard isFolder.boolValue else {
                let setting = check == "spill" ? "spill_directory: …" : "lake: { url: … }"
                let text = "\(path) is no folder and cannot be made one, as \(parent.path) is a file"
                return Finding(.fail, .lake, check, text, [.settings(setting)])
            }
            return Finding(
                .fail,
                .lake,
                check,
                "\(path) does not exist and cannot be made in \(parent.path)",
                [.shell("mkdir -p \(PasteableShell.word(path))")]
            )
        }
        return Finding(.ok, .lake, check, "\(path) does not exist yet; the first run makes it")
    }

    // MARK: - The store

    /// Lists, then writes; not into a bucket that is missing, which some servers then make.
    func findings(of store: any ObjectStore) async -> [Finding] {
        do {
            _ = try await store.list(prefix: "_sluice/", after: nil)
        } catch {
            let finding = Self.finding(error, "read", in: lake)
            return error.code == .bucketMissing ? [finding] : [finding, await writing(to: store)]
        }
        return [Finding(.ok, .lake, "read", "\(store.location) can be listed"), await writing(to: store)]
    }

    private func writing(to store: any ObjectStore) async -> Finding {
        do {
            try await store.probe(prefix: "_sluice/")
            let text = "objects can be written, read and removed there, and conditional writes are kept to"
            return Finding(.ok, .lake, "write", text)
        } catch {
            return Self.finding(error, error.code == .rejected ? "conditions" : "write", in: lake)
        }
    }

    /// What a failure of the store means.
    static func finding(_ error: ObjectStorageError, _ check: String, in lake: LakeOptions) -> Finding {
        let remedies: [Remedy]
        switch (error.code, lake.location) {
        case (.bucketMissing, .s3(let bucket, _)): remedies = [.shell(creation(of: bucket, in: lake))]
        default: remedies = error.remedy.map { [.advice($0)] } ?? []
        }
        return Finding(.fail, .lake, check, error.detail, remedies)
    }

    /// What makes the bucket where the settings say that it is, by whom they say.
    private static func creation(of bucket: String, in lake: LakeOptions) -> String {
        let options = [("region", lake.region), ("endpoint-url", lake.endpoint), ("profile", lake.profile)]
        return PasteableShell.command(
            ["aws", "s3", "mb", "s3://\(bucket)"]
                + options.flatMap { name, value in value.map { ["--\(name)", $0] } ?? [] }
        )
    }

    private static func serverFindings(of store: S3Store, wanted: String?) -> [Finding] {
        var findings: [Finding] = []
        if let difference = store.clockDifference {
            findings.append(ClockFacts(owner: "the lake's server", difference: Double(difference)).finding(.lake))
        }
        if let region = regionFinding(wanted: wanted, found: store.region) { findings.append(region) }
        return findings
    }

    /// Whether the bucket is where the settings say; nothing if they do not say it.
    static func regionFinding(wanted: String?, found: String?) -> Finding? {
        guard let wanted, let found, wanted != found else { return nil }
        return Finding(
            .warn,
            .lake,
            "region",
            "the bucket is in \(found), not in \(wanted): each start asks in the wrong place first",
            [.settings("lake: { region: \(found) }")]
        )
    }
}
