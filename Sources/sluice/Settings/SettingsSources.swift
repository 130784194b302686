import Foundation
import PostgresClient
import Replication

/// Where settings come from: command line before environment before file.
struct SettingsSources: Sendable {
    /// Files that are looked for when none is named, in this order.
    static let standardFiles = ["sluice.yaml", "config/sluice.yaml"]

    /// The variable that overrides `database.url`; empty counts as not set.
    static let databaseVariable = "SLUICE_DATABASE"
    /// The variable that overrides `lake.url`; empty counts as not set.
    static let lakeVariable = "SLUICE_LAKE"

    /// The file named on the command line.
    var file: String?
    /// `--database`, already checked.
    var database: DatabaseURL?
    /// `--lake`, already checked.
    var location: LakeOptions.Location?
    /// The environment.
    var environment: [String: String]
    /// The folder that relative names of files begin at.
    var folder = "."

    /// Reads and merges all of it.
    ///
    /// - Throws: Every problem of environment and file in one error.
    func load() throws(SettingsError) -> Settings {
        var problems: [String] = []
        let overrides = Settings.Overrides(
            database: database ?? read(Self.databaseVariable, &problems, with: DatabaseURL.init),
            location: location ?? read(Self.lakeVariable, &problems, with: LakeURL.location)
        )
        var settings = Settings()
        do {
            settings = try fileSettings(overrides)
        } catch {
            problems += error.problems
        }
        if !problems.isEmpty { throw SettingsError(problems) }
        return settings
    }

    private func read<Value>(
        _ variable: String,
        _ problems: inout [String],
        with read: (String) throws -> Value
    ) -> Value? {
        guard let text = environment[variable], !text.isEmpty else { return nil }
        do {
            return try read(text)
        } catch let refusal as SettingsRefusal {
            problems.append("\(variable): allowed: \(refusal.allowed)")
        } catch {
            problems.append("\(variable): \(error)")
        }
        return nil
    }

    private func fileSettings(_ overrides: Settings.Overrides) throws(SettingsError) -> Settings {
        guard let name = file ?? Self.standardFiles.first(where: isFile) else {
            return Settings(database: overrides.database, location: overrides.location)
        }
        // By its handle, as a pipe has no size to ask for: --config <(…).
        guard let handle = FileHandle(forReadingAtPath: path(of: name)), let bytes = try? handle.readToEnd() ?? Data()
        else {
            throw SettingsError(["\(name): the file is missing or may not be read; see --config"])
        }
        guard let text = String(bytes: bytes, encoding: .utf8) else {
            throw SettingsError(["\(name): the file is not UTF-8"])
        }
        return try Settings(yaml: text, file: name, environment: environment, overrides: overrides)
    }

    private func isFile(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(of: name)) }

    private func path(of name: String) -> String { name.hasPrefix("/") ? name : "\(folder)/\(name)" }
}
