import Glibc
import TestSupport
import Testing

@testable import ObjectStorage

@Suite("Local folder store")
struct LocalFolderStoreTests {
    private let folder: TemporaryFolder
    private let store: LocalFolderStore

    init() throws {
        folder = try TemporaryFolder()
        store = try LocalFolderStore(path: folder.path)
    }

    @Test("keeps the contract of a store", arguments: StoreContract.all)
    func contract(clause: StoreContract) async throws {
        try await clause.check(store)
    }

    @Test("an object is a file at the path of its key, and deleting it leaves no empty directory")
    func layout() async throws {
        try await store.put("invoices/year=2025/x.parquet", bytes("x"))
        #expect(folder.files().contains("invoices/year=2025/x.parquet"))
        try await store.put("invoices/y", bytes("y"))
        try await store.delete("invoices/year=2025/x.parquet")
        #expect(!folder.files().contains { $0.hasPrefix("invoices/year") })
        try await store.delete("invoices/y")
        #expect(folder.files().sorted() == ["_sluice/", "_sluice/tmp/", "_sluice/tmp/lock"])
    }

    @Test("the order of keys is that of their bytes, also where a directory stands beside longer names")
    func order() async throws {
        for key in ["b0", "b/1", "b-/x", "b.txt", "b!"] { try await store.put(key, bytes("x")) }
        #expect(try await keys(store) == ["b!", "b-/x", "b.txt", "b/1", "b0"])
    }

    @Test("no temporary file remains after writes that succeed, conflict or fail")
    func noRemains() async throws {
        let version = try await store.put("a", bytes("1"))
        _ = await code { _ = try await store.put("a", bytes("2"), condition: .ifAbsent) }
        _ = await code { _ = try await store.replace("a", version: version, with: [.copy(0..<1), .copy(0..<2)]) }
        _ = await code { try await store.put("a/b", bytes("3")) }
        #expect(
            folder.files().filter { $0.hasPrefix("_sluice/tmp/") }.sorted() == ["_sluice/tmp/", "_sluice/tmp/lock"]
        )
    }

    @Test("a key that is a directory, or goes through a file, is refused with the reason")
    func collisions() async throws {
        try await store.put("a/b", bytes("x"))
        let over = await #expect(throws: ObjectStorageError.self) { try await store.put("a", bytes("y")) }
        #expect(over?.code == .invalidKey)
        let through = await #expect(throws: ObjectStorageError.self) { try await store.put("a/b/c", bytes("y")) }
        #expect(through?.code == .invalidKey)
        #expect(try await store.head("a") == nil)
        #expect(try await store.head("a/b/c") == nil)
        #expect(try await text(store, "a/b") == "x")
    }

    @Test("a folder is made if its parent exists, and otherwise missed with the command that makes it")
    func missingFolder() throws {
        _ = try LocalFolderStore(path: folder.path + "/new/")
        #expect(folder.files().contains("new/"))
        let error = #expect(throws: ObjectStorageError.self) { try LocalFolderStore(path: folder.path + "/no/such") }
        #expect(error?.code == .folderMissing)
        #expect(error?.description.contains("mkdir -p '\(folder.path)/no/such'") == true)
    }

    @Test("a folder that goes away while it is used is missed, not taken for empty")
    func vanishedFolder() async throws {
        let path = folder.path + "/gone"
        let store = try LocalFolderStore(path: path)
        rmdir(path)
        #expect(await code { _ = try await store.head("a") } == .folderMissing)
        #expect(await code { _ = try await store.get("a") } == .folderMissing)
        #expect(await code { try await store.put("a", bytes("x")) } == .folderMissing)
        #expect(await code { _ = try await keys(store) } == .folderMissing)
        #expect(await code { try await store.delete("a") } == .folderMissing)
    }

    @Test("a path that is a file is no folder")
    func fileAsFolder() throws {
        let path = try folder.write("file", "x")
        #expect(throws: ObjectStorageError.self) { try LocalFolderStore(path: path) }
    }

    @Test("symbolic links below the folder are neither followed nor listed")
    func symbolicLinks() async throws {
        let outside = try TemporaryFolder()
        try outside.write("secret", "outside")
        symlink(outside.path, folder.path + "/link")
        symlink(outside.path + "/secret", folder.path + "/leaf")
        #expect(await code { _ = try await store.get("link/secret") } != nil)
        #expect(await code { _ = try await store.get("leaf") } != nil)
        #expect(try await store.head("leaf") == nil)
        #expect(await code { try await store.put("link/new", bytes("x")) } != nil)
        #expect(try await keys(store).isEmpty)
        try await store.put("leaf", bytes("mine"))
        #expect(try await text(store, "leaf") == "mine")
        #expect(outside.files() == ["secret"])
    }

    @Test("a temporary directory that leads out is refused")
    func temporaryLink() async throws {
        let outside = try TemporaryFolder()
        symlink(outside.path, folder.path + "/_sluice")
        #expect(await code { try await store.put("a", bytes("x")) } != nil)
        #expect(outside.files().isEmpty)
    }

    @Test("pipes and the like are not objects and do not block")
    func pipes() async throws {
        mkfifo(folder.path + "/pipe", 0o600)
        #expect(try await store.head("pipe") == nil)
        #expect(await code { _ = try await store.get("pipe") } == .notFound)
        #expect(try await keys(store).isEmpty)
        #expect(await code { try await store.put("x", .file(path: folder.path + "/pipe")) } == .bodyUnreadable)
    }

    @Test("a file to be consumed is renamed on the same file system, and gets the usual mode")
    func rename() async throws {
        let path = try folder.write("_source", "content")
        chmod(path, 0o600)
        var before = stat()
        stat(path, &before)
        try await store.put("taken", .consumingFile(path: path))
        var after = stat()
        stat(folder.path + "/taken", &after)
        #expect(before.st_ino == after.st_ino)
        #expect(after.st_mode & 0o777 == ProcessMask.fileMode)
        #expect(access(path, F_OK) != 0)
    }

    @Test("a file to be consumed from another file system is copied")
    func otherFileSystem() async throws {
        var root = stat()
        var shared = stat()
        stat(folder.path, &root)
        guard stat("/dev/shm", &shared) == 0, root.st_dev != shared.st_dev else { return }
        let path = "/dev/shm/sluice-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { unlink(path) }
        let stream = try #require(fopen(path, "w"))
        fputs("elsewhere", stream)
        fclose(stream)
        for condition in [WriteCondition.ifAbsent, .none] {
            guard access(path, F_OK) == 0 else { continue }
            _ = try await store.put("copied", .consumingFile(path: path), condition: condition)
        }
        #expect(try await text(store, "copied") == "elsewhere")
        #expect(access(path, F_OK) != 0)
    }

    @Test("what stays of a file that is replaced is copied by the kernel")
    func replacement() async throws {
        let version = try await store.put("k", bytes("0123456789"))
        let done = try await store.replace("k", version: version, with: [.copy(2..<9), .bytes([65])])
        #expect(done.copiedByteCount == 7)
        #expect(done.fetchedByteCount == 0)
        #expect(try await text(store, "k") == "2345678A")
        #expect(
            folder.files().filter { $0.hasPrefix("_sluice/tmp/") }.sorted() == ["_sluice/tmp/", "_sluice/tmp/lock"]
        )
    }

    @Test("where the kernel cannot copy, as between file systems, the bytes are read and written")
    func copyByHand() throws {
        let path = "/dev/shm/sluice-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        guard let stream = fopen(path, "w") else { return }
        defer { unlink(path) }
        fputs("0123456789", stream)
        fclose(stream)
        let source = try FileDescriptor(path, in: AT_FDCWD, O_RDONLY)
        let target = try FileDescriptor(try folder.write("target", "ab"), in: AT_FDCWD, O_RDWR)
        try target.write(Array("xy".utf8).span)
        let count = try source.copy(3..<8, to: target)
        if try source.status().device != target.status().device { #expect(count == 0) }
        var bytes = [UInt8](repeating: 0, count: 20)
        let length = try target.read(at: 0, into: &bytes)
        #expect(String(decoding: bytes[..<length], as: UTF8.self) == "xy34567")
        let error = #expect(throws: SystemFailure.self) { _ = try source.copy(8..<11, to: target) }
        #expect(error?.number == ENODATA)
    }

    @Test("a file that shrinks before it is written is an error, and nothing is written")
    func changedFile() async throws {
        let path = try folder.write("_source", "0123456789")
        let body = try ObjectBody.file(path: path)
        try folder.write("_source", "012")
        #expect(await code { try await store.put("k", body) } == .bodyUnreadable)
        #expect(try await store.head("k") == nil)
    }

    @Test("versions of writes in quick succession differ, also when the inode is used again")
    func distinctVersions() async throws {
        var versions: Set<ObjectVersion> = []
        for _ in 0..<200 {
            versions.insert(try await store.put("k", bytes("same")))
            try await store.delete("k")
        }
        #expect(versions.count == 200)
    }
}

@Suite("Leftovers of a crashed process in a folder")
struct LeftoverTests {
    private let folder: TemporaryFolder
    private let store: LocalFolderStore

    init() async throws {
        folder = try TemporaryFolder()
        store = try LocalFolderStore(path: folder.path)
        try await store.put("object", bytes("x"))
    }

    @Test("are swept when their process is gone, and kept while it lives")
    func sweep() async throws {
        let own = TemporaryName().text
        let parts = own.split(separator: "-")
        // A process id that no process can have, and our own with another start.
        let dead = "\(parts[0])-7ffffff0-\(parts[2])-1"
        let earlier = "\(parts[0])-\(parts[1])-1-2"
        for name in [own, dead, earlier, "notes.txt"] { try folder.write("_sluice/tmp/\(name)", "partial") }
        #expect(try await store.sweepLeftovers() == 2)
        let left = Set(folder.files())
        #expect(left.contains("_sluice/tmp/\(own)"))
        #expect(left.contains("_sluice/tmp/notes.txt"))
        #expect(left.contains("_sluice/tmp/lock"))
        #expect(!left.contains("_sluice/tmp/\(dead)"))
        #expect(!left.contains("_sluice/tmp/\(earlier)"))
        #expect(try await keys(store) == ["object"])
    }

    @Test("of another machine are kept for a day")
    func foreign() {
        let now: Int64 = 1_700_000_000
        #expect(!TemporaryName.isLeftover("abc-1-2-3", modified: now - 3600, now: now))
        #expect(TemporaryName.isLeftover("abc-1-2-3", modified: now - 90_000, now: now))
        #expect(!TemporaryName.isLeftover(TemporaryName().text, modified: 0, now: now))
        #expect(!TemporaryName.isLeftover("", modified: 0, now: now))
    }
}

@Suite("System errors")
struct SystemFailureTests {
    @Test(
        "say what is wrong and what to do",
        arguments: [
            (ENOSPC, ObjectStorageError.Code.diskFull, "make room"), (EDQUOT, .diskFull, "quota"),
            (EACCES, .accessDenied, "permission"), (EROFS, .accessDenied, "permission"),
            (ENOENT, .folderMissing, "mkdir -p '/lake'"), (ELOOP, .accessDenied, "Symbolic links"),
            (EMFILE, .systemFailure, "ulimit -n"),
        ]
    )
    func remedies(number: Int32, code: ObjectStorageError.Code, word: String) {
        let failure = SystemFailure(number: number, function: "write")
        let error = failure.error("cannot write", "/lake/a", root: "/lake")
        #expect(error.code == code)
        #expect(error.description.contains("/lake/a"))
        #expect(error.description.contains(word))
        #expect(error.isTransient == (code == .diskFull))
    }
}
