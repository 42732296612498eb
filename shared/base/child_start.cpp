#include "shared/base/child_start.h"

#include "shared/base/system_error.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

namespace perennial {

namespace {

Status check(const Command& command)
{
    const auto hasZero = [](const std::string& text) {
        return text.find('\0') != std::string::npos;
    };
    const auto wrong = [&command](const char* what) {
        return Error{ErrorKind::InvalidInput, "cannot start " + command.program + ": " + what};
    };
    if (!command.program.starts_with('/')) return wrong("its path is not absolute");
    bool zero = hasZero(command.program) || hasZero(command.workingFolder);
    for (const auto& argument : command.arguments)
        zero = zero || hasZero(argument);
    for (const auto& [name, value] : command.environment) {
        zero = zero || hasZero(name) || hasZero(value);
        if (name.empty() || name.find('=') != std::string::npos)
            return wrong("an environment variable's name is empty or has a \"=\"");
    }
    if (zero) return wrong("a zero byte in its path, arguments or environment");
    return {};
}

// posix_spawn wants arrays of writable text that end with a null pointer.
class TextArray {
public:
    void add(std::string text) { texts_.push_back(std::move(text)); }
    char** get()
    {
        pointers_.clear();
        for (auto& text : texts_)
            pointers_.push_back(text.data());
        pointers_.push_back(nullptr);
        return pointers_.data();
    }

private:
    std::vector<std::string> texts_;
    std::vector<char*> pointers_;
};

class FileActions {
public:
    FileActions() { failed_ = ::posix_spawn_file_actions_init(&actions_); }
    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;

    // Takes a duplicate above every number the child will use, so that no dup2 overwrites a source
    // that is still needed.
    void give(int source, int number, int above)
    {
        FileDescriptor copy(::fcntl(source, F_DUPFD_CLOEXEC, above));
        note(copy ? ::posix_spawn_file_actions_adddup2(&actions_, copy.get(), number) : errno);
        copies_.push_back(std::move(copy));
    }
    void closeFrom(int number)
    {
        note(::posix_spawn_file_actions_addclosefrom_np(&actions_, number));
    }
    void enter(const std::string& folder)
    {
        note(::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str()));
    }
    int failed() const { return failed_; }
    const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    void note(int code)
    {
        if (failed_ == 0) failed_ = code;
    }

    posix_spawn_file_actions_t actions_{};
    std::vector<FileDescriptor> copies_;
    int failed_ = 0;
};

// Its own process group; no blocked and no ignored signal of ours.
class Attributes {
public:
    Attributes()
    {
        ::posix_spawnattr_init(&attributes_);
        sigset_t signals;
        ::sigemptyset(&signals);
        ::posix_spawnattr_setsigmask(&attributes_, &signals);
        ::sigfillset(&signals);
        ::posix_spawnattr_setsigdefault(&attributes_, &signals);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;

    const posix_spawnattr_t* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

// In memory: a child that ignores its input can neither block us nor send us SIGPIPE.
Result<FileDescriptor> inputFile(const std::string& input)
{
    FileDescriptor file(::memfd_create("input", MFD_CLOEXEC));
    if (!file) return systemError("cannot make a child's input", errno);
    std::size_t written = 0;
    while (written < input.size()) {
        const ssize_t count = ::pwrite(file.get(), input.data() + written, input.size() - written,
            static_cast<off_t>(written));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return systemError("cannot write a child's input", errno);
        written += static_cast<std::size_t>(count);
    }
    return file;
}

struct Pipe {
    FileDescriptor ours;
    FileDescriptor childs;
};

Result<Pipe> makePipe()
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return systemError("cannot make a pipe", errno);
    Pipe pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
    // Only ours: the two ends are two open files, the child's still blocks as programs expect.
    if (::fcntl(pipe.ours.get(), F_SETFL, O_NONBLOCK) != 0)
        return systemError("cannot make a pipe", errno);
    return pipe;
}

} // namespace

Result<StartedChild> startChild(const Command& command)
{
    if (auto status = check(command); !status) return status.error();
    auto input = inputFile(command.input);
    if (!input) return input.error();
    auto output = makePipe();
    if (!output) return output.error();
    auto errorOutput = makePipe();
    if (!errorOutput) return errorOutput.error();

    const int above = 3 + static_cast<int>(command.descriptors.size());
    FileActions actions;
    actions.give(input->get(), STDIN_FILENO, above);
    actions.give(output->childs.get(), STDOUT_FILENO, above);
    actions.give(errorOutput->childs.get(), STDERR_FILENO, above);
    for (std::size_t i = 0; i < command.descriptors.size(); ++i)
        actions.give(command.descriptors[i], 3 + static_cast<int>(i), above);
    actions.closeFrom(above);
    actions.enter(command.workingFolder);
    if (actions.failed() != 0)
        return systemError("cannot prepare to start " + command.program, actions.failed());

    TextArray arguments;
    arguments.add(command.program);
    for (const auto& argument : command.arguments)
        arguments.add(argument);
    TextArray environment;
    for (const auto& [name, value] : command.environment)
        environment.add(std::string(name).append("=").append(value));

    const Attributes attributes;
    pid_t pid = 0;
    const int failed = ::posix_spawn(&pid, command.program.c_str(), actions.get(), attributes.get(),
        arguments.get(), environment.get());
    if (failed != 0)
        return systemError(
            "cannot start " + command.program + " in folder " + command.workingFolder, failed);
    return StartedChild{pid, std::move(output->ours), std::move(errorOutput->ours)};
}

} // namespace perennial
