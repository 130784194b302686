import CLinux
import Foundation

/// How the C library's allocator keeps memory for later.
///
/// Left to itself glibc has up to eight arenas for each processor, each of which keeps what its threads have freed, and
/// counts ever larger blocks as worth keeping: of what a run has freed, a third stays with the process then. The figures
/// are the largest that were measured to cost no processor time: smaller ones have the kernel clear the same pages again
/// and again.
enum MemoryAllocator {
    /// Blocks of this size and above are given back as soon as they are freed.
    private static let mappedByteCount: Int32 = 32 << 20
    /// What an arena keeps at its end.
    private static let keptByteCount: Int32 = 64 << 20
    /// Arenas at least; threads share them, but small blocks come from caches of each thread's own.
    private static let leastArenaCount = 2
    private static let processorsPerArena = 4

    /// Sets the limits; before other threads are started.
    static func limitKeptMemory() {
        let processorCount = ProcessInfo.processInfo.activeProcessorCount
        // Anything that the C library refuses leaves its own way of doing it.
        _ = mallopt(M_ARENA_MAX, Int32(clamping: max(leastArenaCount, processorCount / processorsPerArena)))
        _ = mallopt(M_MMAP_THRESHOLD, mappedByteCount)
        _ = mallopt(M_TRIM_THRESHOLD, keptByteCount)
    }
}
