import CLinux
import Glibc

extension FileDescriptor {
    /// At most this much is asked of the kernel at once.
    private static let kernelSize = 1 << 30
    /// What the kernel does not copy is read in pieces of this size.
    private static let pieceSize = 1 << 20
    /// What the kernel says where it cannot copy between two files, but a program can.
    private static let incapable = [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP]

    /// Copies a range to the present position of another file, by the kernel as far as it does that.
    ///
    /// - Returns: How many of the bytes the kernel has copied.
    /// - Throws: `ENODATA` when the file ends before the range does.
    func copy(_ range: Range<Int>, to file: borrowing FileDescriptor) throws(SystemFailure) -> Int {
        let count = try copyInKernel(range, to: file)
        try copyByHand(range.dropFirst(count), to: file)
        return count
    }

    /// The corresponding C function is `copy_file_range`.
    private func copyInKernel(_ range: Range<Int>, to file: borrowing FileDescriptor) throws(SystemFailure) -> Int {
        let target = file.number
        var done = 0
        while done < range.count {
            var offset = off_t(range.lowerBound + done)
            let count = min(range.count - done, Self.kernelSize)
            do {
                let step = try SystemFailure.check("copy_file_range") {
                    unsafe copy_file_range(number, &offset, target, nil, count, 0)
                }
                // Some file systems say so instead of failing; whether the file really ends here, reading tells.
                guard step > 0 else { return done }
                done += step
            } catch {
                guard Self.incapable.contains(error.number) else { throw error }
                return done
            }
        }
        return done
    }

    private func copyByHand(_ range: Range<Int>, to file: borrowing FileDescriptor) throws(SystemFailure) {
        guard !range.isEmpty else { return }
        var piece = [UInt8](repeating: 0, count: min(Self.pieceSize, range.count))
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = min(try read(at: offset, into: &piece), range.upperBound - offset)
            guard count > 0 else { throw SystemFailure(number: ENODATA, function: "read") }
            try file.write(piece.span.extracting(..<count))
            offset += count
        }
    }
}
