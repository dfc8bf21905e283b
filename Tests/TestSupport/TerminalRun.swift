// Runs the built program on a pseudo-terminal, as a person would see it: what is typed beforehand waits there until it is read.

import Foundation

extension ProgramRun {
    /// Runs to the end with standard input and standard error on a terminal; `errors` is what the terminal showed.
    package static func onTerminal(
        _ arguments: [String], typing: String, environment changes: [String: String?] = [:]
    ) throws -> ProgramRun {
        let files = try TemporaryFolder()
        let (master, slave) = try pseudoTerminal()
        let terminal = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        var environment = environment
        for (name, value) in changes { environment[name] = value }
        process.environment = environment
        let output = try files.write("output", [])
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        (process.standardInput, process.standardError) = (terminal, terminal)
        let keys = Array(typing.utf8)
        guard write(master, keys, keys.count) == keys.count else { throw POSIXError(.EIO) }
        try process.run()
        close(slave)
        // Until the last one who has the terminal open is gone; Linux then says EIO.
        var shown: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(master, &buffer, buffer.count)
            guard count > 0 else { break }
            shown += buffer[..<count]
        }
        process.waitUntilExit()
        close(master)
        let text = FileManager.default.contents(atPath: output) ?? Data()
        return ProgramRun(
            code: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            errors: String(decoding: shown, as: UTF8.self))
    }

    /// Both ends of a new terminal: the person's, and the program's.
    private static func pseudoTerminal() throws -> (master: Int32, slave: Int32) {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        #if os(Linux)
            // What unlockpt and ptsname do; glibc's are not among what Swift imports. The kernel's asm-generic/ioctls.h.
            let (setLock, getNumber) = (UInt(0x4004_5431), UInt(0x8004_5430))
            var (lock, number) = (Int32(0), Int32(0))
            guard master >= 0, ioctl(master, setLock, &lock) == 0, ioctl(master, getNumber, &number) == 0 else {
                throw POSIXError(.ENXIO)
            }
            let name = "/dev/pts/\(number)"
        #else
            guard master >= 0, grantpt(master) == 0, unlockpt(master) == 0, let path = ptsname(master) else {
                throw POSIXError(.ENXIO)
            }
            let name = String(cString: path)
        #endif
        let slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard slave >= 0 else { throw POSIXError(.ENXIO) }
        return (master, slave)
    }
}
