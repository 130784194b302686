import CMalloc
import Foundation

/// How the C library's allocator keeps memory for later.
///
/// Left to itself glibc has up to eight arenas for each processor, each of which keeps what its threads have freed, and
/// counts ever larger blocks as worth keeping: of what a run has freed, a third stays with the process then.
enum MemoryAllocator {
    /// Blocks of this size and above are given back as soon as they are freed.
    ///
    /// With a megabyte the kernel clears the same pages again and again, which is a tenth of the time of a rewriting.
    private static let mappedByteCount: Int32 = 32 << 20
    /// What an arena keeps at its end.
    private static let keptByteCount: Int32 = 64 << 20
    /// Arenas at least: threads share them, but small blocks come from caches of each thread's own.
    private static let leastArenaCount = 2
    private static let processorsPerArena = 4

    /// Sets the limits, which is done where days are rewritten: an export, whose blocks are all alike, gains nothing.
    ///
    /// The C function is `mallopt`.
    static func limitKeptMemory() {
        let processorCount = ProcessInfo.processInfo.activeProcessorCount
        // What the C library refuses it goes on doing in its own way.
        _ = mallopt(M_ARENA_MAX, Int32(clamping: max(leastArenaCount, processorCount / processorsPerArena)))
        _ = mallopt(M_MMAP_THRESHOLD, mappedByteCount)
        _ = mallopt(M_TRIM_THRESHOLD, keptByteCount)
    }

    /// Gives back to the system what was freed, in the middle of arenas as well.
    ///
    /// Takes milliseconds, and as long as the pages that are wanted again take to clear. The C function is `malloc_trim`.
    static func giveBackFreedMemory() {
        _ = malloc_trim(0)
    }
}
