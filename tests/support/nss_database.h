#pragma once

#include "tests/support/child_process.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace perennial::test {

// A database of NSS as an administrator makes one, by certutil, openssl and pk12util.
class NssDatabase {
public:
    explicit NssDatabase(std::string folder, const std::string& password = "")
        : folder_(std::move(folder)), passwordFile_(folder_ + ".password")
    {
        std::filesystem::create_directory(folder_);
        std::ofstream(passwordFile_) << password << "\n";
        certutil({"-N"});
    }
    NssDatabase& add(const std::string& nickname, const std::string& key, const std::string& chain)
    {
        const auto file = folder_ + ".p12";
        mustRun({"/usr/bin/openssl", "pkcs12", "-export", "-inkey", key, "-in", chain, "-name",
            nickname, "-passout", "pass:x", "-out", file});
        mustRun({"/usr/bin/pk12util", "-i", file, "-W", "x", "-k", passwordFile_, "-d",
            "sql:" + folder_});
        std::filesystem::remove(file);
        return *this;
    }
    NssDatabase& trust(const std::string& nickname, const std::string& certificate)
    {
        certutil({"-A", "-n", nickname, "-t", "CT,,", "-a", "-i", certificate});
        return *this;
    }
    std::string certutil(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.begin(), "/usr/bin/certutil");
        arguments.insert(arguments.end(), {"-d", "sql:" + folder_, "-f", passwordFile_});
        return mustRun(arguments);
    }
    const std::string& folder() const { return folder_; }
    const std::string& passwordFile() const { return passwordFile_; }
    // Statements to one of its files, by Python's sqlite3.
    void change(const std::string& file, const std::string& script) const
    {
        mustRun({"/usr/bin/python3", "-c",
            "import sqlite3, sys\n"
            "db = sqlite3.connect(sys.argv[1])\n"
            "db.executescript(sys.argv[2])\n"
            "db.commit()\n",
            folder_ + "/" + file, script});
    }

private:
    std::string folder_;
    std::string passwordFile_;
};

} // namespace perennial::test
