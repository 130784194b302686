import Glibc

/// A regular file open for reading, shared by the tasks that upload it.
final class OpenFile: Sendable {
    private let descriptor: FileDescriptor
    let byteCount: Int

    init(path: String) throws(SystemFailure) {
        // Without O_NONBLOCK, opening a pipe would wait for its writer.
        descriptor = try FileDescriptor(path, in: AT_FDCWD, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        let status = try descriptor.status()
        guard status.isRegular else { throw SystemFailure(number: EINVAL, function: "not a regular file") }
        byteCount = status.byteCount
    }

    /// Reads into an array, as many bytes as the file has at the offset and the array takes.
    func read(at offset: Int, into bytes: inout [UInt8]) throws(SystemFailure) -> Int {
        try descriptor.read(at: offset, into: &bytes)
    }

    /// Reads as many bytes as the file has at the offset and the buffer takes.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(SystemFailure) -> Int {
        try unsafe descriptor.read(at: offset, into: buffer)
    }
}

extension OpenFile {
    /// Removes a file that has been taken over; one that is gone already will do.
    static func remove(_ path: String) { unsafe _ = unlink(path) }
}
