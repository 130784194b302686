import Telemetry

extension Preflight {
    /// One look at something outside the database, independent of the others.
    struct RemoteCheck: Sendable {
        /// How long an answer is waited for: a server that takes connections and then says nothing would else hold up
        /// everything through all attempts.
        static let patience = Duration.seconds(30)

        /// Where it looks.
        var group: Finding.Group
        /// What it is called where it fails itself.
        var name: String
        /// What it finds.
        var look: @Sendable () async throws -> [Finding]

        /// Makes a look.
        init(_ group: Finding.Group, _ name: String, look: @escaping @Sendable () async throws -> [Finding]) {
            self.group = group
            self.name = name
            self.look = look
        }

        /// Looks, whether or not the look then heeds that it is cancelled.
        ///
        /// - Parameter limit: How long at the most.
        /// - Returns: What was found, or one finding that nothing could be; nothing once the task is cancelled.
        func findings(within limit: Duration = Self.patience) async -> [Finding] {
            let (answers, answer) = AsyncStream.makeStream(of: [Finding].self)
            let worker = Task.detached {
                do {
                    answer.yield(try await look())
                } catch {
                    answer.yield([Finding(.fail, group, name, "\(error)")])
                }
            }
            let timer = Task.detached {
                guard (try? await Task.sleep(for: limit)) != nil else { return }
                answer.yield([silence(of: limit)])
            }
            defer {
                worker.cancel()
                timer.cancel()
            }
            for await findings in answers { return findings }
            return []
        }

        private func silence(of limit: Duration) -> Finding {
            Finding(
                .fail,
                group,
                name,
                "did not answer within \(HumanUnits.span(limit))",
                [.advice("See whether it can be reached from here: its address in the settings, a proxy, a firewall")]
            )
        }

        /// Looks side by side.
        ///
        /// - Returns: What each has found, in the order of the looks.
        static func findings(_ checks: [RemoteCheck], within limit: Duration = patience) async -> [Finding] {
            await withTaskGroup(of: (Int, [Finding]).self) { group in
                for (index, check) in checks.enumerated() {
                    group.addTask { (index, await check.findings(within: limit)) }
                }
                var found = [[Finding]](repeating: [], count: checks.count)
                for await (index, findings) in group { found[index] = findings }
                return found.flatMap { $0 }
            }
        }
    }
}
