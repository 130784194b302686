import CSpawn
import FoundationEssentials
import Glibc

/// Starts a program.
enum ChildSpawn {
    /// Starts the program that the first word names, looked for in `PATH`.
    ///
    /// The corresponding C function is `posix_spawnp`.
    static func start(_ words: [String], output: Int32, errors: Int32) throws(AWSError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        try check(unsafe posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init")
        defer { unsafe _ = posix_spawn_file_actions_destroy(&actions) }
        try check(
            unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0),
            "posix_spawn_file_actions_addopen"
        )
        try check(unsafe posix_spawn_file_actions_adddup2(&actions, output, 1), "posix_spawn_file_actions_adddup2")
        try check(unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2), "posix_spawn_file_actions_adddup2")
        try check(
            unsafe posix_spawn_file_actions_addclosefrom_np(&actions, 3),
            "posix_spawn_file_actions_addclosefrom_np"
        )
        var attributes = posix_spawnattr_t()
        try check(unsafe posix_spawnattr_init(&attributes), "posix_spawnattr_init")
        defer { unsafe _ = posix_spawnattr_destroy(&attributes) }
        try configure(&attributes)
        return try unsafe spawn(words, &actions, &attributes)
    }

    /// A group of its own, and signals as a program finds them that a shell starts.
    private static func configure(_ attributes: inout posix_spawnattr_t) throws(AWSError) {
        var none = sigset_t()
        unsafe sigemptyset(&none)
        var all = sigset_t()
        unsafe sigfillset(&all)
        try check(unsafe posix_spawnattr_setsigmask(&attributes, &none), "posix_spawnattr_setsigmask")
        try check(unsafe posix_spawnattr_setsigdefault(&attributes, &all), "posix_spawnattr_setsigdefault")
        try check(unsafe posix_spawnattr_setpgroup(&attributes, 0), "posix_spawnattr_setpgroup")
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        try check(unsafe posix_spawnattr_setflags(&attributes, Int16(flags)), "posix_spawnattr_setflags")
    }

    private static func spawn(
        _ words: [String],
        _ actions: inout posix_spawn_file_actions_t,
        _ attributes: inout posix_spawnattr_t
    ) throws(AWSError) -> pid_t {
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        let variables = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
        var environment = unsafe variables.map { unsafe strdup($0) } + [nil]
        defer { unsafe environment.forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let result = unsafe posix_spawnp(&pid, words[0], &actions, &attributes, &arguments, &environment)
        try check(result, "posix_spawnp")
        return pid
    }

    /// These functions return the error's number.
    private static func check(_ result: Int32, _ function: String) throws(AWSError) {
        guard result == 0 else { throw ChildProcess.failure(function, result) }
    }
}
