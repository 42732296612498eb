// Load on an enrolment server with requests that were made beforehand.
//
//     enrollment_load renewals HOST PORT CA CERTIFICATE KEY URL COUNT CONNECTIONS kept|new
//         key-based renewals of one certificate to CES, each for another new P-256 key
//     enrollment_load sign HOST PORT PATH REQUEST-FOLDER COUNT CONNECTIONS
//         the same number of signings by cfssl, over plain HTTP
//     enrollment_load repeat HOST PORT CA CERTIFICATE KEY PATH BODY-FILE COUNT CONNECTIONS
//         one SOAP message, again and again over kept connections
//
// Prints seconds. `renewals` says "ready" when its requests are made, and begins at a line of
// input.

#include "shared/base/json.h"
#include "shared/base/random.h"
#include "shared/enrollment/request/certificate_request.h"
#include "shared/enrollment/soap/envelope.h"
#include "shared/enrollment/soap/namespaces.h"
#include "shared/enrollment/wstep/token_request.h"
#include "tests/bench/load_connection.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>
#include <vector>

using namespace perennial;
using namespace perennial::bench;
namespace soap = perennial::enrollment::soap;
namespace wstep = perennial::enrollment::wstep;

namespace {

std::string contentOf(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

template <class Value>
Value sure(Result<Value> result)
{
    if (!result) fail(result.error().message);
    return *std::move(result);
}

// Seconds until all are answered, each connection on a thread of its own.
double send(
    const Server& server, const std::vector<std::string>& requests, int connections, bool kept)
{
    const auto context = makeContext(server);
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> threads;
    const auto begun = std::chrono::steady_clock::now();
    for (int number = 0; number < connections; ++number)
        threads.emplace_back([&] {
            std::unique_ptr<LoadConnection> connection;
            for (auto index = next++; index < requests.size(); index = next++) {
                if (!connection || !kept)
                    connection = std::make_unique<LoadConnection>(server, context.get());
                connection->ask(requests[index]);
            }
        });
    for (auto& thread : threads)
        thread.join();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

std::string renewalMessage(
    const std::string& url, const x509::Certificate& old, const x509::PrivateKey& oldKey)
{
    const auto key = sure(x509::PrivateKey::generate("ec-p256"));
    const auto request = sure(enrollment::request::makeRenewalRequest(old, oldKey, key));
    const wstep::TokenRequest question{wstep::Issue{request, {}}, "en-US"};
    soap::RequestHeader header;
    header.action = wstep::actionOf(question);
    header.messageId = "urn:uuid:" + uuidV4();
    header.to = url;
    return soap::writeRequest(header, wstep::toElement(question));
}

std::string pathOf(const std::string& url) { return url.substr(url.find('/', 8)); }

double renewals(char** given)
{
    const Server server{given[0], std::atoi(given[1]), given[2], given[3], given[4]};
    const auto old = sure(x509::Certificate::fromPem(contentOf(server.certificate)));
    const auto oldKey = sure(x509::PrivateKey::fromPem(Secret(contentOf(server.key))));
    const bool kept = std::string(given[8]) == "kept";
    std::vector<std::string> requests;
    for (int number = 0; number < std::atoi(given[6]); ++number)
        requests.push_back(requestText(pathOf(given[5]), "application/soap+xml; charset=utf-8",
            renewalMessage(given[5], old, oldKey), kept));
    std::puts("ready");
    std::fflush(stdout);
    std::string line;
    std::getline(std::cin, line);
    return send(server, requests, std::atoi(given[7]), kept);
}

double sign(char** given)
{
    std::vector<std::string> requests;
    for (int number = 0; number < std::atoi(given[4]); ++number) {
        Json json;
        json["certificate_request"] =
            contentOf(std::string(given[3]) + "/" + std::to_string(number % 50) + ".csr");
        requests.push_back(requestText(given[2], "application/json", json.canonical(), true));
    }
    return send({given[0], std::atoi(given[1]), "", "", ""}, requests, std::atoi(given[5]), true);
}

double repeat(char** given)
{
    const Server server{given[0], std::atoi(given[1]), given[2], given[3], given[4]};
    const std::vector<std::string> requests(static_cast<std::size_t>(std::atoi(given[7])),
        requestText(given[5], "application/soap+xml; charset=utf-8", contentOf(given[6]), true));
    return send(server, requests, std::atoi(given[8]), true);
}

} // namespace

int main(int argc, char** argv)
{
    const std::string what = argc > 1 ? argv[1] : "";
    double seconds = 0;
    if (what == "renewals" && argc == 11)
        seconds = renewals(argv + 2);
    else if (what == "sign" && argc == 8)
        seconds = sign(argv + 2);
    else if (what == "repeat" && argc == 11)
        seconds = repeat(argv + 2);
    else
        fail("renewals, sign or repeat; see the first lines of enrollment_load.cpp");
    std::printf("%.6f\n", seconds);
    return 0;
}
