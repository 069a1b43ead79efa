// SPDX-License-Identifier: Apache-2.0
// Subcommands and their flags. For serve, flags go before environment variables before defaults.
#include "server/cli/program.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include "server/cli/exit_code.h"
#include "server/cli/export.h"
#include "server/cli/import.h"
#include "server/cli/memory_limit.h"
#include "server/cli/serve.h"
#include "server/cli/verify.h"
#include "server/command/version.h"

namespace cairn::server {
namespace {

constexpr size_t kMemoryMbMax = size_t{1} << 22;
constexpr int kWorkersMax = 1024;

// A check for CLI11: empty when `text` is fine.
template <typename Parse>
CLI::Validator Checked(Parse parse, const char* form) {
  return CLI::Validator(
      [parse](std::string& text) {
        const auto parsed = parse(text);
        return parsed.ok() ? std::string() : parsed.status().message();
      },
      form);
}

// Text as typed, turned into the options of a subcommand once all of it is known to be good.
struct CommandLine {
  ServeOptions serve;
  std::string http = "127.0.0.1:8585";
  std::string durability = "journaled";
  size_t memory_mb = MemoryMbWithin(ServeOptions().memory_bytes >> 20, MemoryLimitBytes());
  ImportOptions import;
  ExportOptions export_;
  std::string verify;
  ServerUrl Server(const std::string& text) const {
    ServerUrl server = ParseUrl(text).value();
    server.ca_file = ca_file;
    server.verify = !skip_verify;
    return server;
  }
  RepairOptions repair;
  std::string url = "http://127.0.0.1:8585";
  std::string ca_file;
  bool skip_verify = false;
  std::string format = "canonical";
  std::string type;  // empty: by the file's name
  std::string query = "{}";
  std::string sort = "{}";
};

FileType TypeOf(const CommandLine& line, const std::string& file) {
  if (line.type.empty()) return FileTypeOf(file);
  return line.type == "json" ? FileType::kJson
                             : (line.type == "csv" ? FileType::kCsv : FileType::kTsv);
}

CLI::App* AddServe(CLI::App* app, CommandLine* line) {
  CLI::App* serve = app->add_subcommand("serve", "Serve a database over HTTP");
  serve->add_option("DIR", line->serve.directory, "Where the data is; created when it is new")
      ->envname("CAIRN_DIR")
      ->capture_default_str();
  serve->add_option("--http", line->http, "Address to listen on; port 0 takes a free one")
      ->envname("CAIRN_HTTP")
      ->check(Checked(ParseAddress, "HOST:PORT"))
      ->capture_default_str();
  serve->add_flag("--memory", line->serve.memory, "Keep everything in memory; gone when it stops")
      ->envname("CAIRN_MEMORY");
  serve
      ->add_option("--durability", line->durability,
                   "What writes wait for unless they say: journaled (synced to disk) or relaxed "
                   "(synced within 100 ms)")
      ->envname("CAIRN_DURABILITY")
      ->check(CLI::IsMember({"journaled", "relaxed"}))
      ->capture_default_str();
  serve
      ->add_option("--memory-mb", line->memory_mb,
                   "Memory that the server may take, in MiB: a quarter for caches and write "
                   "buffers, two fifths of what is over 64 for the work of requests")
      ->envname("CAIRN_MEMORY_MB")
      ->check(CLI::Range(kMemoryMbMin, kMemoryMbMax))
      ->capture_default_str();
  serve
      ->add_option(
          "--workers", line->serve.workers,
          "Requests that are worked on at a time, apart from those that take long and take "
          "turns")
      ->envname("CAIRN_WORKERS")
      ->check(CLI::Range(1, kWorkersMax))
      ->capture_default_str();
  serve
      ->add_option("--slow-ms", line->serve.slow_ms,
                   "Log operations that take at least so many milliseconds, with their plan and "
                   "without their values; -1: none")
      ->envname("CAIRN_SLOW_MS")
      ->check(CLI::Range(int64_t{-1}, int64_t{1} << 40))
      ->capture_default_str();
  serve->add_option("--allow-host", line->serve.allowed_hosts,
                    "A further host name that requests may be addressed to");
  CLI::Option* const certificate =
      serve
          ->add_option("--tls-certificate", line->serve.tls_certificate,
                       "Serve https:// with this certificate (PEM, followed by those that signed "
                       "it); read again on SIGHUP")
          ->envname("CAIRN_TLS_CERTIFICATE");
  CLI::Option* const key =
      serve->add_option("--tls-key", line->serve.tls_key, "The certificate's key (PEM)")
          ->envname("CAIRN_TLS_KEY");
  certificate->needs(key);
  key->needs(certificate);
  serve->add_option("--cors-origin", line->serve.cors_origins,
                    "An origin (https://app.example) whose pages may use this server; '*' for all");
  serve->add_flag("--insecure", line->serve.insecure,
                  "Allow an address that other machines can reach, without any authentication");
  return serve;
}

void AddTrust(CLI::App* command, CommandLine* line) {
  command
      ->add_option("--ca-file", line->ca_file,
                   "Certificates (PEM) that may have signed an https:// server's; without it, "
                   "those that the system trusts")
      ->check(CLI::ExistingFile);
  command->add_flag("--insecure-skip-verify", line->skip_verify,
                    "Believe any https:// server, whatever its certificate");
}

void AddServer(CLI::App* command, CommandLine* line, std::string* database,
               std::string* collection) {
  command->add_option("--db", *database, "Database")->required();
  command->add_option("--collection", *collection, "Collection")->required();
  command->add_option("--url", line->url, "The running server")
      ->envname("CAIRN_URL")
      ->check(Checked(ParseUrl, "http[s]://HOST:PORT"))
      ->capture_default_str();
  AddTrust(command, line);
}

// What a file of an import or export looks like.
void AddFileForm(CLI::App* command, CommandLine* line, std::vector<std::string>* fields,
                 bool* typed) {
  command
      ->add_option(
          "--type", line->type,
          "json (Extended JSON), csv or tsv; when it is not given, the file's name says it")
      ->check(CLI::IsMember({"json", "csv", "tsv"}));
  command->add_option("--fields", *fields, "Names of the fields, with commas between them")
      ->delimiter(',');
  command->add_flag("--columns-have-types", *typed,
                    "Each name of a csv or tsv column ends with a type, as in age.int32(); types: "
                    "auto() string() int32() int64() double() decimal() boolean() date() "
                    "date(FORMAT) objectid() binary() binary(hex) json()");
}

CLI::App* AddImport(CLI::App* app, CommandLine* line) {
  CLI::App* import = app->add_subcommand(
      "import",
      "Import Extended JSON (one document a line, or one array), CSV or TSV into a running server");
  import
      ->add_option("FILE", line->import.file,
                   "The file, also packed with gzip; - is standard input")
      ->required();
  AddServer(import, line, &line->import.database, &line->import.collection);
  AddFileForm(import, line, &line->import.values.fields, &line->import.values.typed);
  import->add_flag("--ignore-blanks", line->import.values.ignore_blanks,
                   "Leave out csv and tsv fields that are empty and not quoted");
  import->add_flag("--continue", line->import.keep_going,
                   "Go on after documents that cannot be imported (the exit code is still 1)");
  import->add_flag("--drop", line->import.drop, "Drop the collection first");
  return import;
}

CLI::App* AddExport(CLI::App* app, CommandLine* line) {
  CLI::App* export_ = app->add_subcommand(
      "export", "Export a collection of a running server as Extended JSON, CSV or TSV");
  AddServer(export_, line, &line->export_.database, &line->export_.collection);
  export_->add_option("--out", line->export_.file, "File to write; standard output when not given");
  AddFileForm(export_, line, &line->export_.fields, &line->export_.typed);
  export_
      ->add_option("--format", line->format,
                   "Extended JSON: canonical (keeps every type) or relaxed (reads better)")
      ->check(CLI::IsMember({"canonical", "relaxed"}))
      ->capture_default_str();
  export_->add_flag("--json-array", line->export_.json_array, "One array instead of lines");
  export_->add_flag("--gzip", line->export_.gzip,
                    "Pack the file; also when its name ends with .gz");
  export_->add_option("--query", line->query, "Only what matches this filter")
      ->check(Checked([](const std::string& text) { return json::Parse(text); }, "JSON"));
  export_->add_option("--sort", line->sort, "In this order")
      ->check(Checked([](const std::string& text) { return json::Parse(text); }, "JSON"));
  export_->add_option("--skip", line->export_.skip, "Without so many at the begin")
      ->check(CLI::NonNegativeNumber);
  export_->add_option("--limit", line->export_.limit, "At most so many")
      ->check(CLI::NonNegativeNumber);
  return export_;
}

bool IsUrl(const std::string& text) { return text.find("://") != std::string::npos; }

CLI::App* AddVerify(CLI::App* app, CommandLine* line) {
  CLI::App* verify = app->add_subcommand("verify",
                                         "Check files, documents, indexes, counts and the log of "
                                         "changes of a directory that no server "
                                         "has open, or of a running server");
  verify->add_option("DIR|URL", line->verify, "The directory, or http[s]://HOST:PORT")
      ->required()
      ->check([](const std::string& text) {
        if (!IsUrl(text)) return std::string();
        const auto parsed = ParseUrl(text);
        return parsed.ok() ? std::string() : parsed.status().message();
      });
  AddTrust(verify, line);
  return verify;
}

CLI::App* AddRepair(CLI::App* app, CommandLine* line) {
  CLI::App* repair = app->add_subcommand(
      "repair", "Make a sound store of what can be read of a damaged one, which is kept beside it");
  repair->add_option("DIR", line->repair.directory, "The directory; no server has it open")
      ->required();
  repair->add_flag("--accept-data-loss", line->repair.accept_data_loss,
                   "What cannot be read is given up; a list says what that is");
  return repair;
}

int Serve(CommandLine* line) {
  line->serve.http = ParseAddress(line->http).value();
  line->serve.memory_bytes = line->memory_mb << 20;
  line->serve.durability =
      line->durability == "relaxed" ? Durability::kRelaxed : Durability::kJournaled;
  return RunServe(line->serve);
}

int Import(CommandLine* line) {
  line->import.server = line->Server(line->url);
  line->import.type = TypeOf(*line, line->import.file);
  const SeparatedValues& values = line->import.values;
  if (line->import.type == FileType::kJson &&
      (!values.fields.empty() || values.typed || values.ignore_blanks)) {
    std::fputs(
        "cairn import: --fields, --columns-have-types and --ignore-blanks are for csv and "
        "tsv\n",
        stderr);
    return kExitUsage;
  }
  return RunImport(line->import);
}

int Export(CommandLine* line) {
  ExportOptions* options = &line->export_;
  options->server = line->Server(line->url);
  options->type = TypeOf(*line, options->file);
  options->format = line->format == "relaxed" ? json::Format::kRelaxed : json::Format::kCanonical;
  options->gzip = options->gzip || options->file.ends_with(".gz");
  options->query = json::Parse(line->query).value();
  options->sort = json::Parse(line->sort).value();
  if (options->type != FileType::kJson && options->fields.empty()) {
    std::fputs("cairn export: csv and tsv need --fields, which are their columns\n", stderr);
    return kExitUsage;
  }
  if (options->type == FileType::kJson && options->typed) {
    std::fputs("cairn export: --columns-have-types is for csv and tsv\n", stderr);
    return kExitUsage;
  }
  return RunExport(*options);
}

int Parse(int argc, char** argv) {
  CLI::App app("Cairn, a document database", "cairn");
  const std::string version = "cairn " + std::string(CairnVersion());
  app.set_version_flag("--version", version);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 failed, 2 the command line is wrong.");
  CommandLine line;
  const CLI::App* serve = AddServe(&app, &line);
  const CLI::App* import = AddImport(&app, &line);
  const CLI::App* export_ = AddExport(&app, &line);
  const CLI::App* verify = AddVerify(&app, &line);
  const CLI::App* repair = AddRepair(&app, &line);
  app.add_subcommand("version", "Print the version");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  line.serve.arguments.assign(argv, argv + argc);
  if (serve->parsed()) return Serve(&line);
  if (import->parsed()) return Import(&line);
  if (export_->parsed()) return Export(&line);
  if (verify->parsed()) {
    return IsUrl(line.verify) ? RunVerify(line.Server(line.verify)) : RunVerify(line.verify);
  }
  if (repair->parsed()) return RunRepair(line.repair);
  std::puts(version.c_str());
  return kExitOk;
}

}  // namespace

int RunProgram(int argc, char** argv) {
  try {
    return Parse(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cairn: %s\n", error.what());
    return kExitFailure;
  }
}

}  // namespace cairn::server
