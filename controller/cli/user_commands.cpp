#include "controller/cli/command_tree.h"
#include "controller/cli/json_text.h"
#include "shared/base/secret_file.h"

namespace perennial::cli {

namespace {

// The service takes no others; it is a part of a path.
Status checkUser(const std::string& name)
{
    if (!name.empty() &&
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789-_.@") == std::string::npos &&
        name.front() != '.')
        return {};
    return Error{ErrorKind::InvalidInput, "a user name holds letters, digits, -, _, . and @, and "
                                          "does not begin with a dot"};
}

Status listUsers(const Context& context)
{
    auto client = context.enrollment();
    if (!client) return client.error();
    const auto users = client->get("/v1/users");
    if (!users) return users.error();
    if (context.options().json) {
        context.printJson(*users);
        return {};
    }
    Table table({"USER", "GROUPS"});
    for (const auto& user : itemsOf(*users)) {
        const auto* groups = user.find("groups");
        table.add({textOf(user, "name"), groups == nullptr ? "" : joined(*groups)});
    }
    context.printList(table, "no users");
    return {};
}

Status putUser(const Context& context)
{
    const auto& name = context.options().name;
    if (auto known = checkUser(name); !known) return known;
    // Never an argument: arguments are for everybody to see.
    const auto password = readSecretLine(context.options().passwordFile);
    if (!password) return Error{ErrorKind::InvalidInput, password.error().message};
    auto client = context.enrollment();
    if (!client) return client.error();
    Json body;
    body["password"] = std::string(password->reveal());
    body["groups"] =
        Json(Json::Array(context.options().groups.begin(), context.options().groups.end()));
    const auto user = client->post("/v1/users/" + name, body);
    if (!user) return user.error();
    if (context.options().json) {
        context.printJson(*user);
        return {};
    }
    context.print(name + (isTrue(*user, "added") ? " is a user now\n" : ": changed\n"));
    return {};
}

Status removeUser(const Context& context)
{
    const auto& name = context.options().name;
    if (auto known = checkUser(name); !known) return known;
    auto client = context.enrollment();
    if (!client) return client.error();
    const auto user = client->post("/v1/users/" + name + "/remove", Json(Json::Object{}));
    if (!user) return user.error();
    if (context.options().json) {
        context.printJson(*user);
        return {};
    }
    context.print(name + " is no user any more\n");
    return {};
}

} // namespace

void addUserCommands(CommandTree& tree, CLI::App& enrollment)
{
    auto& options = tree.options();
    auto& users = tree.add(
        enrollment, "users", "users of the service's own file, and their groups", listUsers);
    auto& adding = tree.add(users, "add", "add a user, or change password and groups", putUser);
    adding.add_option("NAME", options.name, "letters, digits, -, _, . and @")->required();
    adding.add_option("--password-file", options.passwordFile, "mode 0600")
        ->required()
        ->type_name(fileType);
    adding.add_option("--group", options.groups, "may be repeated; those from before are replaced");
    auto& removing = tree.add(users, "remove", "remove a user", removeUser);
    removing.add_option("NAME", options.name, "as `users` lists it")->required();
}

} // namespace perennial::cli
