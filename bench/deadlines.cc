// SPDX-License-Identifier: Apache-2.0
// How late an operation ends that its time has run out on: commands that would take much longer, by
// what they spend their time on, with a maxTimeMS, and how far over it each came back. The worst of
// some rounds; "in time" is what ended before.
//   deadlines [--documents N] [--max-time-ms N] [--rounds N] [--only WORD]
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "cairn/cairn.h"
#include "server/command/dispatch.h"

namespace cairn::bench {
namespace {

struct Case {
  const char* name;
  const char* command;
};

// Of "many" documents {_id, n, s, t, x}, and of the one "wide" document with long arrays.
constexpr Case
    kCases[] =
        {
            {"scan", R"({"find":"many","filter":{"x":-1}})"},
            {"scan, skip", R"({"find":"many","skip":100000000})"},
            {"scan, regex", R"({"find":"many","filter":{"t":{"$regex":"(a|b|ab)*c.*q$"}}})"},
            {"scan, $expr", R"({"find":"many","filter":{"$expr":{"$eq":[{"$mod":["$n",7]},-1]}}})"},
            {"scan, $jsonSchema", R"({"find":"many","filter":{"$jsonSchema":{"properties":
      {"s":{"minLength":900},"t":{"pattern":"zz$"}},"required":["q"]}}})"},
            {"scan, $in of many",
             R"({"find":"many","filter":{"t":{"$in":["q","w","e","r","t","y"]}}})"},
            {"scan, collation",
             R"({"find":"many","filter":{"t":"q"},"collation":{"locale":"de","strength":1}})"},
            {"sort", R"({"find":"many","sort":{"t":1,"n":-1}})"},
            {"sort, top", R"({"find":"many","sort":{"t":1},"limit":10})"},
            {"sort, collation", R"({"find":"many","sort":{"t":1},"collation":{"locale":"de"}})"},
            {"sort by arrays", R"({"find":"many","sort":{"a":1}})"},
            {"index, scan", R"({"find":"many","filter":{"n":{"$gte":0},"x":-1},"hint":"n_1"})"},
            {"index, count", R"({"count":"many","query":{"n":{"$gte":0}},"hint":"n_1"})"},
            {"index, skip",
             R"({"find":"many","filter":{"n":{"$gte":0}},"skip":100000000,"hint":"n_1"})"},
            {"count", R"({"count":"many","query":{"x":-1}})"},
            {"distinct", R"({"distinct":"many","key":"t"})"},
            {"distinct, index", R"({"distinct":"many","key":"n"})"},
            {"update many",
             R"({"update":"many","updates":[{"q":{},"u":{"$inc":{"x":1}},"multi":true}]})"},
            {"update many, pipeline",
             R"({"update":"many","updates":[{"q":{},"u":[{"$set":{"x":{"$add":["$x",1]}}}],"multi":true}]})"},
            {"update many, none",
             R"({"update":"many","updates":[{"q":{"x":-1},"u":{"$set":{"y":1}},"multi":true}]})"},
            {"findAndModify, sort",
             R"({"findAndModify":"many","query":{},"sort":{"t":1},"update":{"$inc":{"z":1}}})"},
            {"delete many, none", R"({"delete":"many","deletes":[{"q":{"x":-1},"limit":0}]})"},
            {"delete many", R"({"delete":"copy","deletes":[{"q":{},"limit":0}]})"},
            {"$match", R"({"aggregate":"many","pipeline":[{"$match":{"x":-1}}],"cursor":{}})"},
            {"$project",
             R"({"aggregate":"many","pipeline":[{"$project":{"y":{"$toUpper":"$t"}}},{"$match":{"y":1}}],"cursor":{}})"},
            {"$group",
             R"({"aggregate":"many","pipeline":[{"$group":{"_id":"$t","n":{"$sum":"$n"}}}],"cursor":{}})"},
            {"$group of all",
             R"({"aggregate":"many","pipeline":[{"$group":{"_id":"$n","all":{"$push":"$$ROOT"}}}],"cursor":{}})"},
            {"$group, one",
             R"({"aggregate":"many","pipeline":[{"$group":{"_id":null,"p":{"$percentile":{"input":"$n","p":[0.5],"method":"approximate"}},"s":{"$stdDevPop":"$n"},"t":{"$addToSet":"$t"}}}],"cursor":{}})"},
            {"$sort",
             R"({"aggregate":"many","pipeline":[{"$sort":{"t":1}},{"$match":{"x":-1}}],"cursor":{}})"},
            {"$sortByCount",
             R"({"aggregate":"many","pipeline":[{"$sortByCount":"$t"}],"cursor":{}})"},
            {"$bucketAuto",
             R"({"aggregate":"many","pipeline":[{"$bucketAuto":{"groupBy":"$t","buckets":10}}],"cursor":{}})"},
            {"$facet",
             R"({"aggregate":"many","pipeline":[{"$facet":{"a":[{"$count":"n"}],"b":[{"$sortByCount":"$t"}]}}],"cursor":{}})"},
            {"$lookup",
             R"({"aggregate":"many","pipeline":[{"$lookup":{"from":"many","localField":"n","foreignField":"x","as":"j"}},{"$match":{"j":1}}],"cursor":{}})"},
            {"$lookup, pipeline",
             R"({"aggregate":"many","pipeline":[{"$lookup":{"from":"many","let":{"n":"$n"},"pipeline":[{"$match":{"$expr":{"$gt":["$x","$$n"]}}}],"as":"j"}},{"$match":{"j":1}}],"cursor":{}})"},
            {"$graphLookup",
             R"({"aggregate":"many","pipeline":[{"$graphLookup":{"from":"many","startWith":"$n","connectFromField":"n","connectToField":"x","as":"j"}},{"$match":{"j":1}}],"cursor":{}})"},
            {"$unionWith",
             R"({"aggregate":"many","pipeline":[{"$unionWith":"many"},{"$match":{"x":-1}}],"cursor":{}})"},
            {"$unwind twice",
             R"({"aggregate":"wide","pipeline":[{"$unwind":"$n"},{"$unwind":"$s"},{"$match":{"n":-1}}],"cursor":{}})"},
            {"$setWindowFields",
             R"({"aggregate":"many","pipeline":[{"$setWindowFields":{"partitionBy":{"$mod":["$n",5]},"sortBy":{"n":1},"output":{"y":{"$sum":"$n","window":{"documents":[-1000,1000]}}}}}],"cursor":{}})"},
            {"$densify",
             R"({"aggregate":"many","pipeline":[{"$densify":{"field":"n","range":{"step":0.00001,"bounds":"full"}}},{"$match":{"n":-1}}],"cursor":{}})"},
            {"$fill",
             R"({"aggregate":"many","pipeline":[{"$fill":{"sortBy":{"t":1},"output":{"q":{"method":"locf"}}}},{"$match":{"q":-1}}],"cursor":{}})"},
            {"$sample",
             R"({"aggregate":"many","pipeline":[{"$sample":{"size":100000}},{"$match":{"x":-1}}],"cursor":{}})"},
            {"$redact",
             R"({"aggregate":"many","pipeline":[{"$redact":{"$cond":[{"$eq":["$n",-1]},"$$KEEP","$$PRUNE"]}}],"cursor":{}})"},
            {"$merge",
             R"({"aggregate":"many","pipeline":[{"$merge":{"into":"merged"}}],"cursor":{}})"},
            {"$out", R"({"aggregate":"many","pipeline":[{"$out":"made"}],"cursor":{}})"},
            {"$range",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$size":{"$range":[0,5000000]}}}}],"cursor":{}})"},
            {"$range, constant",
             R"({"find":"wide","filter":{"$expr":{"$gt":[{"$size":{"$range":[0,5000000]}},1]}}})"},
            {"$map in $map",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$sum":{"$map":{"input":"$n","in":1}}}}}}}],"cursor":{}})"},
            {"$filter in $filter",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$filter":{"input":"$n","as":"x","cond":{"$in":["q",{"$filter":{"input":"$n","cond":{"$lt":["$$this","$$x"]}}}]}}}}}],"cursor":{}})"},
            {"$reduce, growing",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$reduce":{"input":"$n","initialValue":[],"in":{"$concatArrays":["$$value",["$$this"]]}}}}}],"cursor":{}})"},
            {"$reduce, text",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$reduce":{"input":"$n","initialValue":"","in":{"$concat":["$$value","abcdefgh"]}}}}}],"cursor":{}})"},
            {"$zip in $zip",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$size":{"$zip":{"inputs":["$n",{"$zip":{"inputs":["$s","$n"]}}]}}}}}}}],"cursor":{}})"},
            {"$in, long array",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$in":["q","$n"]}}}}}],"cursor":{}})"},
            {"$indexOfArray",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$indexOfArray":["$n","q"]}}}}}],"cursor":{}})"},
            {"$setUnion",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$size":{"$setUnion":["$n","$s"]}}}}}}],"cursor":{}})"},
            {"$setIsSubset",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$setIsSubset":["$n","$s"]}}}}}],"cursor":{}})"},
            {"$sortArray",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$size":{"$sortArray":{"input":"$s","sortBy":1}}}}}}}],"cursor":{}})"},
            {"$reverseArray",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$size":{"$reverseArray":"$s"}}}}}}],"cursor":{}})"},
            {"$arrayToObject",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$type":{"$arrayToObject":"$p"}}}}}}],"cursor":{}})"},
            {"$objectToArray", R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$size":{"$objectToArray":"$$ROOT.o"}}}}}}],"cursor":{}})"},
            {"$mergeObjects",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$type":{"$mergeObjects":["$o",{"q":1},"$o"]}}}}}}],"cursor":{}})"},
            {"$max of array",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$max":"$n"}}}}}],"cursor":{}})"},
            {"$maxN of array",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$size":{"$maxN":{"n":10000,"input":"$n"}}}}}}}],"cursor":{}})"},
            {"$split",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$size":{"$split":["$t","b"]}}}}}}],"cursor":{}})"},
            {"$replaceAll",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$strLenCP":{"$replaceAll":{"input":"$t","find":"b","replacement":"cc"}}}}}}}],"cursor":{}})"},
            {"$indexOfCP",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$indexOfCP":["$t","q"]}}}}}],"cursor":{}})"},
            {"$regexFindAll",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$size":{"$regexFindAll":{"input":"$t","regex":"a{0,60000}q|b"}}}}}],"cursor":{}})"},
            {"$trim",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$strLenCP":{"$trim":{"input":"$t","chars":"abq"}}}}}}}],"cursor":{}})"},
            {"$trim, many",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$strLenCP":{"$trim":{"input":"$t","chars":{"$concat":[{"$replaceAll":{"input":"$t","find":"ab","replacement":"c"}},"ab"]}}}}}}],"cursor":{}})"},
            {"$indexOfBytes, alike",
             R"({"aggregate":"wide","pipeline":[{"$set":{"t":{"$replaceAll":{"input":"$t","find":"b","replacement":"a"}}}},{"$project":{"e":{"$indexOfBytes":["$t",{"$concat":[{"$substrBytes":["$t",0,500000]},"b"]}]}}}],"cursor":{}})"},
            {"$toUpper",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$strLenCP":{"$toUpper":"$t"}}}}}}],"cursor":{}})"},
            {"$substrCP",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$substrCP":["$t",900000,1]}}}}}],"cursor":{}})"},
            {"$pow, decimal",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$pow":[{"$numberDecimal":"1.000001"},"$$this"]}}}}}],"cursor":{}})"},
            {"$dateToString",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$dateToString":{"date":{"$toDate":{"$toLong":"$$this"}},"timezone":"Europe/Berlin"}}}}}}],"cursor":{}})"},
            {"array, uniqueItems",
             R"({"find":"wide","filter":{"$jsonSchema":{"properties":{"n":{"uniqueItems":true},"s":{"uniqueItems":true},"p":{"uniqueItems":true}}}}})"},
            {"array, items",
             R"({"find":"wide","filter":{"$jsonSchema":{"properties":{"p":{"items":{"properties":{"k":{"pattern":"(a|b)*c"}}}}}}}})"},
            {"array, $all of many",
             R"({"find":"wide","filter":{"$and":[{"n":{"$all":[-1,-2]}},{"s":{"$elemMatch":{"$regex":"(a|b|ab)*q"}}}]}})"},
            {"update, $pull",
             R"({"update":"wide","updates":[{"q":{},"u":{"$pull":{"s":{"$regex":"(a|b|ab)*q"},"n":{"$gt":1000000}}}}]})"},
            {"update, $[]", R"({"update":"wide","updates":[{"q":{},"u":{"$inc":{"n.$[]":0}}}]})"},
            {"update, arrayFilters",
             R"({"update":"wide","updates":[{"q":{},"u":{"$set":{"s.$[e]":"q"}},"arrayFilters":[{"e":{"$regex":"(a|b|ab)*q"}}]}]})"},
            {"update, $push and $sort",
             R"({"update":"wide","updates":[{"q":{},"u":{"$push":{"s":{"$each":["q"],"$sort":-1,"$slice":100000}}}}]})"},
            {"update, pipeline",
             R"({"update":"wide","updates":[{"q":{},"u":[{"$set":{"z":{"$size":{"$filter":{"input":"$n","cond":{"$in":["q","$n"]}}}}}}]}]})"},
            {"collation, long text",
             R"({"aggregate":"wide","pipeline":[{"$project":{"e":{"$map":{"input":"$n","in":{"$eq":["$t",{"$concat":["$t","b"]}]}}}}}],"cursor":{},"collation":{"locale":"de"}})"},
};

double NowMs() {
  using namespace std::chrono;
  return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

struct Settings {
  int documents = 200'000;
  int max_time_ms = 50;
  int rounds = 3;
  std::string only;
};

class Bench {
 public:
  Bench(Database* database, const Settings& settings)
      : settings_(settings), database_(database), dispatcher_(database, {}) {}

  void Fill() {
    Collection many = database_->GetCollection("d", "many").value();
    Collection copy = database_->GetCollection("d", "copy").value();
    std::vector<bson::Document> batch;
    const auto flush = [&] {
      std::vector<bson::View> views(batch.begin(), batch.end());
      InsertOptions relaxed;
      relaxed.durability = Durability::kRelaxed;
      for (Collection* collection : {&many, &copy}) {
        const auto inserted = collection->InsertMany(views, relaxed);
        if (!inserted.ok() || !inserted->errors.empty()) std::abort();
      }
      batch.clear();
    };
    for (int i = 0; i < settings_.documents; ++i) {
      batch.push_back(Many(i));
      if (batch.size() == 1000) flush();
    }
    if (!batch.empty()) flush();
    if (!database_->GetCollection("d", "wide")->InsertOne(Wide()).ok()) std::abort();
    Send(R"({"createIndexes":"many","indexes":[{"name":"n_1","key":{"n":1}}]})");
  }

  // The most milliseconds that a case was late; whether all were in time.
  double Run() {
    double worst = 0;
    std::printf("%-26s %10s  %s\n", "operation", "late by ms", "ended with");
    for (const Case& each : kCases) {
      if (std::string_view(each.name).find(settings_.only) == std::string_view::npos) continue;
      double late = -settings_.max_time_ms;
      std::string ending;
      for (int round = 0; round < settings_.rounds; ++round) {
        const double began = NowMs();
        std::string how = Send(each.command);
        const double over = NowMs() - began - settings_.max_time_ms;
        if (over <= late) continue;
        late = over;
        ending = std::move(how);
      }
      if (late < 0) {
        std::printf("%-26s %10s  %s\n", each.name, "in time", ending.c_str());
      } else {
        std::printf("%-26s %10.1f  %s\n", each.name, late, ending.c_str());
      }
      std::fflush(stdout);
      worst = std::max(worst, late);
    }
    return worst;
  }

 private:
  static bson::Document Many(int i) {
    const auto mixed = static_cast<uint32_t>(i) * 2654435761U;
    bson::Builder out;
    out.AppendInt32("_id", i).AppendInt32("n", i).AppendInt32("x", i % 100);
    out.AppendString("t", "abababab" + std::to_string(mixed) + "abab");
    out.AppendString("s", std::string(250, static_cast<char>('a' + i % 26)));
    out.OpenArray("a");
    for (int k = 0; k < 5; ++k) out.AppendInt32(out.NextIndex(), static_cast<int>(mixed >> k));
    out.Close();
    return out.Finish();
  }

  static bson::Document Wide() {
    constexpr int kItems = 100'000;
    bson::Builder out;
    out.AppendInt32("_id", 1);
    out.OpenArray("n");
    for (int i = 0; i < kItems; ++i) out.AppendInt32(out.NextIndex(), i);
    out.Close().OpenArray("s");
    for (int i = 0; i < kItems; ++i) {
      out.AppendString(out.NextIndex(), "ababababab" + std::to_string(i * 7919 % kItems));
    }
    out.Close().OpenArray("p");
    for (int i = 0; i < kItems / 2; ++i) {
      out.OpenDocument(out.NextIndex()).AppendString("k", "k" + std::to_string(i));
      out.AppendInt32("v", i).Close();
    }
    out.Close().OpenDocument("o");
    for (int i = 0; i < kItems / 2; ++i) out.AppendInt32("k" + std::to_string(i), i);
    out.Close();
    std::string text;
    while (text.size() < 1'000'000) text += "ab";
    out.AppendString("t", text);
    return out.Finish();
  }

  // Runs a command to the end of its cursor's first batch; how that ended.
  std::string Send(const char* text) {
    bson::Document command = json::Parse(text).value();
    bson::Builder timed;
    timed.AppendAll(command);
    if (command.view().begin()->name != "createIndexes") {
      timed.AppendInt32("maxTimeMS", settings_.max_time_ms);
    }
    const server::CommandReply reply = dispatcher_.Dispatch({"d", timed.Finish()}, {"bench"});
    ErrorCode code = reply.code;
    const bson::Value errors = reply.body["writeErrors"];
    if (errors.type() == bson::Type::kArray) {
      code = static_cast<ErrorCode>(errors.AsView().begin()->value.AsView()["code"].AsInt32());
    }
    return ErrorName(code);
  }

  const Settings settings_;
  Database* const database_;
  server::Dispatcher dispatcher_;
};

int Main(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--documents") settings.documents = std::atoi(argv[i + 1]);
    if (name == "--max-time-ms") settings.max_time_ms = std::atoi(argv[i + 1]);
    if (name == "--rounds") settings.rounds = std::atoi(argv[i + 1]);
    if (name == "--only") settings.only = argv[i + 1];
  }
  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() / ("cairn-deadlines-" + std::to_string(getpid()));
  double worst = 0;
  {
    auto database = Database::Open(directory.string());
    if (!database.ok()) {
      std::fprintf(stderr, "%s\n", database.status().ToString().c_str());
      return 1;
    }
    Bench bench(database->get(), settings);
    bench.Fill();
    worst = bench.Run();
  }
  std::filesystem::remove_all(directory);
  std::printf("worst: %.1f ms late\n", worst);
  return 0;
}

}  // namespace
}  // namespace cairn::bench

int main(int argc, char** argv) { return cairn::bench::Main(argc, argv); }
