import HTTP

/// The bytes of a file from some offset on as the body of a request.
struct FileRangeSource: HTTPBodySource {
    let file: OpenFile
    let start: Int

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try unsafe file.read(at: start + offset, into: buffer)
    }
}
