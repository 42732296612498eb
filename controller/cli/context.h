#pragma once

#include "controller/cli/api_client.h"
#include "shared/base/table.h"
#include "shared/base/clock.h"

#include <chrono>
#include <ostream>
#include <string>
#include <vector>

namespace perennial::cli {

// What the program finds around it. Tests bring their own.
struct Surroundings {
    std::ostream& out;
    std::ostream& err;
    const FileSystem& files;
    const Clock& clock;
    Terminal terminal;
    ConfigPlaces places;
    std::chrono::milliseconds lookAgain{1000}; // between two looks at a renewal
};

// What the command line says; each command reads its own.
struct Options {
    std::string config;
    bool json = false;
    bool checkConfig = false;

    std::string id;
    std::string agent;
    std::string slot;
    std::string certificate;
    std::string serial;
    std::string policy;
    std::string name;
    std::string expiringWithin;
    bool wait = false;
    std::vector<std::string> paths;
    std::int64_t count = 20;
    bool follow = false;
    std::string logFolder;
    std::string verifierFile;
    std::string sinceFile;
    std::string host;
    std::vector<std::string> labels;
    std::string life = "1h";
    std::string state;
    std::string reason;
    std::string passwordFile;
    std::vector<std::string> groups;
    std::string templateName;
    std::string keyType = "ec-p256";
    std::string testLife = "24h";
    std::string certificateFile;
    std::string keyFile;
    std::vector<std::string> words; // of `help`
};

// What a command works with.
class Context {
public:
    Context(const Surroundings& around, const Options& options) : around_(around), options_(options)
    {
    }

    const Options& options() const { return options_; }

    // The servers that perennial.yaml names; InvalidInput when it names none.
    Result<ApiClient> controller() const;
    Result<ApiClient> enrollment() const;
    // Reads perennial.yaml and the files that it names, and prints its name; asks no server.
    Status checkConfig() const;

    const FileSystem& files() const { return around_.files; }
    const Clock& clock() const { return around_.clock; }
    const Terminal& terminal() const { return around_.terminal; }
    std::chrono::milliseconds lookAgain() const { return around_.lookAgain; }

    // Everything that is written is printable already. False when nobody reads any more.
    bool print(const std::string& text) const;
    void printJson(const Json& json) const;
    void print(const Table& table) const;
    // The table, or a sentence that there is nothing.
    void printList(const Table& table, const std::string& whenEmpty) const;
    void tell(const std::string& message) const; // on standard error

private:
    Result<ApiClient> open(
        const std::optional<ServerSettings> CliConfig::*server, const std::string& name) const;

    const Surroundings& around_;
    const Options& options_;
};

// 0 done, 1 failed or refused, 2 wrong use or configuration, 4 not reached.
int exitStatusOf(const Status& status);

} // namespace perennial::cli
