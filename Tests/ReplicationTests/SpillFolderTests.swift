import Foundation
import Synchronization
import Testing

@testable import Replication

@Suite
struct SpillFolderTests {
    private let parent = NSTemporaryDirectory() + "spill-\(UUID().uuidString)"

    @Test
    func `what a crashed run has left goes, and nothing of those that live`() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let living = try SpillFolder(in: parent)
        let left = parent + "/sluice-spill-1-0"
        try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
        #expect(FileManager.default.createFile(atPath: left + "/lock", contents: nil))
        let unlocked = parent + "/sluice-spill-1-1"
        try FileManager.default.createDirectory(atPath: unlocked, withIntermediateDirectories: true)
        let other = parent + "/keep"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        let next = try SpillFolder(in: parent)
        for path in [left, unlocked] { #expect(!FileManager.default.fileExists(atPath: path)) }
        for path in [living.path, next.path, other] { #expect(FileManager.default.fileExists(atPath: path)) }
        next.remove()
        #expect(!FileManager.default.fileExists(atPath: next.path))
    }

    @Test
    func `runs that begin at the same time leave each other's folders alone`() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let parent = parent
        let made = Mutex(0)
        concurrently(4, width: 4) { _ in
            for _ in 0..<100 {
                guard let folder = try? SpillFolder(in: parent), (try? folder.makeSubfolder()) != nil else { continue }
                made.withLock { $0 += 1 }
            }
        }
        #expect(made.withLock { $0 } == 400)
    }
}
