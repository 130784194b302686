import Foundation
import PostgresClient
import Replication
import Testing

@testable import sluice

@Suite
final class SettingsSourcesTests {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-\(UUID())")

    init() throws {
        try FileManager.default.createDirectory(
            at: folder.appending(path: "config"),
            withIntermediateDirectories: true
        )
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    @Test
    func `without any file the environment is enough`() throws {
        let settings = try load(["SLUICE_DATABASE": "postgresql://h/d", "SLUICE_LAKE": "/lake"])
        #expect(settings.database?.description == "h/d")
        #expect(settings.location == .folder(path: "/lake"))
    }

    @Test
    func `the file in the folder comes before the one in config`() throws {
        try write("lake: { url: two }", to: "config/sluice.yaml")
        #expect(try load().location == .folder(path: "two"))
        try write("lake: { url: one }", to: "sluice.yaml")
        #expect(try load().location == .folder(path: "one"))
        try write("lake: { url: three }", to: "other.yaml")
        #expect(try load(file: "other.yaml").location == .folder(path: "three"))
    }

    @Test
    func `the command line comes before the environment and that before the file`() throws {
        try write("lake: { url: file }\ndatabase: { url: 'postgresql://file/d' }", to: "sluice.yaml")
        let environment = ["SLUICE_LAKE": "environment", "SLUICE_DATABASE": ""]
        #expect(try load(environment).location == .folder(path: "environment"))
        #expect(try load(environment).database?.host == "file")
        var sources = SettingsSources(environment: environment, folder: folder.path)
        sources.location = .folder(path: "flag")
        #expect(try sources.load().location == .folder(path: "flag"))
    }

    @Test
    func `a variable that only an overridden value needs may be missing`() throws {
        try write("database: { url: 'postgresql://u:${NOPE}@h/d' }", to: "sluice.yaml")
        #expect(throws: SettingsError.self) { try self.load() }
        #expect(try load(["SLUICE_DATABASE": "postgresql://other/d"]).database?.host == "other")
    }

    @Test
    func `problems of the environment and of the file come together`() throws {
        try write("x: 1", to: "sluice.yaml")
        let error = try #require(throws: SettingsError.self) {
            try self.load(["SLUICE_DATABASE": "mysql://u:hunter2@h/d", "SLUICE_LAKE": "gs://x"])
        }
        #expect(
            error.problems == [
                "SLUICE_DATABASE: the scheme must be postgresql://",
                "SLUICE_LAKE: allowed: s3://bucket/prefix, file:///path or a folder",
                "sluice.yaml:1:1: x: found an unknown key, allowed: "
                    + "athena, database, flush, lake, mask_salt, memory_limit, monitoring, parquet, rewrite, spill_directory, tables",
            ]
        )
    }

    @Test
    func `a named file must exist and be text`() throws {
        #expect(throws: SettingsError(["no.yaml: the file is missing or may not be read; see --config"])) {
            try self.load(file: "no.yaml")
        }
        try Data([0xff, 0xfe, 0x00]).write(to: folder.appending(path: "binary.yaml"))
        #expect(throws: SettingsError(["binary.yaml: the file is not UTF-8"])) { try self.load(file: "binary.yaml") }
    }

    private func load(_ environment: [String: String] = [:], file: String? = nil) throws -> Settings {
        try SettingsSources(file: file, environment: environment, folder: folder.path).load()
    }

    private func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: folder.appending(path: name))
    }
}
