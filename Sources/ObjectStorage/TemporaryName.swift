import Glibc

/// Names of files that are being written: `<machine>-<process>-<start>-<random>`, all hexadecimal.
///
/// The parts tell whether the writer is still alive: the machine is the boot and the process id namespace, the start
/// tells the process from a later one with the same id.
struct TemporaryName {
    /// Files of other machines that share the folder are left alone for this long, in seconds.
    static let foreignLifetime: Int64 = 24 * 3600

    let text: String

    private static let machine: String = {
        let boot = readSmallFile("/proc/sys/kernel/random/boot_id").filter(\.isHexDigit)
        var link = [CChar](repeating: 0, count: 64)
        let length = unsafe readlink("/proc/self/ns/pid", &link, link.count)
        let namespace = link.prefix(max(0, length)).filter { $0 >= 48 && $0 <= 57 }.map { UInt8(bitPattern: $0) }
        return "\(boot.prefix(12))\(String(decoding: namespace, as: UTF8.self))"
    }()

    private static let process = "\(String(getpid(), radix: 16))-\(startTime(of: getpid()) ?? "0")"

    /// Makes a name that no other file has.
    init() {
        text = "\(Self.machine)-\(Self.process)-\(String(UInt64.random(in: .min ... .max), radix: 16))"
    }

    /// Whether a file of this name, last changed at `modified`, was left behind by a process that is gone.
    static func isLeftover(_ name: String, modified: Int64, now: Int64) -> Bool {
        let parts = name.split(separator: "-")
        guard parts.count == 4, let id = pid_t(parts[1], radix: 16) else { return false }
        guard parts[0] == machine else { return now - modified > foreignLifetime }
        return startTime(of: id) != String(parts[2])
    }

    /// When a process started, in the kernel's ticks; nil if there is no such process.
    private static func startTime(of id: pid_t) -> String? {
        // The second field is the program's name in parentheses, which may itself contain both of them and blanks.
        let status = readSmallFile("/proc/\(id)/stat")
        guard let end = status.lastIndex(of: ")") else { return nil }
        let fields = status[status.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let ticks = UInt64(fields[19]) else { return nil }
        return String(ticks, radix: 16)
    }

    private static func readSmallFile(_ path: String) -> String {
        guard let file = try? FileDescriptor(path, in: AT_FDCWD, O_RDONLY) else { return "" }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = try? file.read(at: 0, into: &bytes)
        return String(decoding: bytes.prefix(count ?? 0), as: UTF8.self)
    }
}
