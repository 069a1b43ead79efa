// SPDX-License-Identifier: Apache-2.0
// A first stage whose documents are few and are made at once, when the first is asked for. Belongs
// to its pipeline.
#pragma once

#include <utility>
#include <vector>

#include "query/pipeline/stage.h"

namespace cairn::pipeline {

class MadeDocumentsStage : public Stage {
 public:
  Status Open(RunContext* run, Stage* input) override {
    made_ = false;
    documents_.clear();
    next_ = 0;
    return Stage::Open(run, input);
  }
  bool MakesDocuments() const override { return true; }
  Result<bool> Next() final {
    if (!made_) {
      if (Status status = Make(&documents_); !status.ok()) return status;
      made_ = true;
    }
    if (next_ == documents_.size()) return false;
    document_ = documents_[next_++];
    return true;
  }

 protected:
  virtual Status Make(std::vector<bson::Document>* documents) = 0;

 private:
  bool made_ = false;
  std::vector<bson::Document> documents_;
  size_t next_ = 0;
};

}  // namespace cairn::pipeline
