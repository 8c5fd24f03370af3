# claimwire. Two commands: `make demo` and `make check`; both install what is missing.
# Everything is built under build/. A new tool is a folder tools/NAME with NAME.c in it, a new
# module a .c under common/, a new test a *_test.c beside its module or a script tests/*.sh:
# the Makefile finds them.

# V=1 shows the commands
B       ?= build
# Every target builds on all cores, whatever it is called with.
JOBS    ?= $(shell nproc)
Q       := $(if $(V),,@)
CC      := gcc
LIBS    := libzmq msgpack sqlite3 libsodium yaml-0.1 jansson libzstd expat libcurl lua5.4
CFLAGS  ?= -O2 -g
SAN     ?=
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -Wall -Wextra -Werror -Wshadow \
             -Wstrict-prototypes -Wno-missing-field-initializers -fstack-protector-strong -fno-common \
             -I. $(shell pkg-config --cflags $(LIBS) 2>/dev/null) $(CFLAGS) $(SAN)
ALL_LDLIBS = $(SAN) -Wl,--as-needed $(shell pkg-config --libs $(LIBS) 2>/dev/null) -lstemmer -lm -lpthread

# Libraries that one tool alone needs: the others start faster without them.
LDLIBS_codeset := $(shell pkg-config --libs libcurl libarchive 2>/dev/null)
LDLIBS_statement := -lhpdf
LDLIBS_report := -lhpdf
LDLIBS_appeal := -lhpdf
LDLIBS_core-server := -lmicrohttpd
tool_libs = $(if $(filter tools/%,$(1)),$(LDLIBS_$(word 2,$(subst /, ,$(1)))))

COMMON_C := $(filter-out %_test.c %_fuzz.c %_bench.c,$(wildcard common/*/*.c))
TOOLS    := $(notdir $(wildcard tools/*))
TOOL_BIN := $(foreach t,$(TOOLS),$(B)/bin/$(if $(filter claimwire,$(t)),claimwire,claimwire-$(t)))
UNIT_C   := $(wildcard common/*/*_test.c tools/*/*_test.c tests/*_test.c)
UNIT_BIN := $(patsubst %.c,$(B)/test/%,$(UNIT_C))
SHELL_T  := $(sort $(wildcard tests/*_test.sh tests/crash/*_test.sh tools/*/*_test.sh))
BENCH_C  := $(wildcard tests/bench/*.c)
BENCH_BIN := $(patsubst %.c,$(B)/bench/%,$(notdir $(BENCH_C)))

.SECONDARY:
.PHONY: all deps demo check unit lint clean install bench
# The starter table of common diagnoses, for a first try without the official files.
STARTER := config/codes/starter/codes.cwt
# Made-up edits and the codes that fixtures of coding rules use.
CODE_FIXTURES := fixtures/coding/codes/codes.cwt
all: $(TOOL_BIN) $(STARTER) $(CODE_FIXTURES)
$(CODE_FIXTURES): $(wildcard fixtures/coding/codes/*/*.tsv) common/codes/codes_file.h \
                  common/coding/lexicon_index.h | $(B)/bin/claimwire-codeset
	$(Q)$(B)/bin/claimwire-codeset --codes $(@D) compile
$(STARTER): $(wildcard config/codes/starter/*/*.tsv) common/codes/codes_file.h \
            common/coding/lexicon_index.h | $(B)/bin/claimwire-codeset
	$(Q)$(B)/bin/claimwire-codeset --codes $(@D) compile

deps:
	@sh tests/lib/deps.sh config/deps.txt

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	@[ -n "$(V)" ] || echo "cc   $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/libclaimwire.a: $(patsubst %.c,$(B)/obj/%.o,$(COMMON_C))
	@rm -f $@
	$(Q)ar rcs $@ $^

# Tools that are worth it are compiled across files, the rooms that they spend their time in with them
# (docs/speed.md). Not under sanitizers: there every call is to be seen. What the compiler warns of it
# says of each file; across files it takes ways for possible that are not.
LTO_TOOLS := $(if $(SAN)$(filter -O0,$(CFLAGS)),,validate)
LTO_C    := $(filter $(addprefix common/,edi/% rules/% codes/% util/%),$(COMMON_C))
LTO_FLAGS := -O3 -flto=$(JOBS)
$(B)/lto/%.o: %.c
	@mkdir -p $(@D)
	@[ -n "$(V)" ] || echo "lto  $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(LTO_FLAGS) -MMD -MP -c -o $@ $<
tool_c = $(filter-out %_test.c %_fuzz.c,$(wildcard tools/$(1)/*.c))
tool_o = $(if $(filter $(1),$(LTO_TOOLS)),$(patsubst %.c,$(B)/lto/%.o,$(tool_c) $(LTO_C)),$(patsubst %.c,$(B)/obj/%.o,$(tool_c)))

define TOOL_RULE
$(B)/bin/$(if $(filter claimwire,$(1)),claimwire,claimwire-$(1)): $(call tool_o,$(1)) $(B)/libclaimwire.a
	@mkdir -p $$(@D)
	$(Q)$(if $(filter $(1),$(LTO_TOOLS)),$(CC) $(ALL_CFLAGS) $(LTO_FLAGS) -w,$(CC)) -o $$@ $$^ $$(ALL_LDLIBS) $$(LDLIBS_$(1))
endef
$(foreach t,$(TOOLS),$(eval $(call TOOL_RULE,$(t))))

# A test links its tool's modules but not the file with main().
.SECONDEXPANSION:
tool_modules = $(if $(filter tools/%,$(1)),$(patsubst %.c,$(B)/obj/%.o,$(filter-out %_test.c %_fuzz.c $(dir $(1))$(notdir $(patsubst %/,%,$(dir $(1)))).c,$(wildcard $(dir $(1))*.c))))
$(B)/test/%: $(B)/obj/%.o $$(call tool_modules,$$*) $(B)/libclaimwire.a
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(ALL_LDLIBS) $(call tool_libs,$*) -lcmocka
# Programs that kill what they start; links_tools has the tiny tools that they do it to.
$(B)/crash/%: $(B)/obj/tests/crash/%.o $(B)/obj/tests/crash/links_tools.o $(B)/obj/tests/crash/links_run.o $(B)/obj/tests/crash/links_chain.o $(B)/libclaimwire.a
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(ALL_LDLIBS) -lcmocka
$(B)/bench/%: $(B)/obj/tests/bench/%.o $(B)/libclaimwire.a
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(ALL_LDLIBS)

unit: $(UNIT_BIN)
check: deps
	@$(MAKE) -j$(JOBS) --no-print-directory all unit
	@B=$(B) sh tests/lib/run.sh $(UNIT_BIN) $(SHELL_T)

# Guides against tables of facts, a corpus of public files, and faults planted by hand.
GUIDES ?= ../shared/guides
CORPUS ?= ../shared/corpus
.PHONY: check-guides check-corpus check-faults
check-guides: all
	@B=$(B) python3 tests/check_guides.py $(GUIDES)
check-corpus: all
	@B=$(B) python3 tests/corpus/check_corpus.py $(CORPUS)
check-faults: all
	@B=$(B) sh tests/faults_test.sh

# The scenarios of fixtures/scenarios through real pipelines, to the cent.
.PHONY: check-scenarios
check-scenarios: all
	@B=$(B) python3 tests/scenarios.py

# Whole houses in virtual time: SEEDS of them with CLAIMS each, as it comes, shuffled, with kills.
SEEDS  ?= 20
CLAIMS ?= 10000
.PHONY: check-simulate
check-simulate: all
	@B=$(B) sh tests/simulate.sh $(SEEDS) $(CLAIMS)

# ../shared is looked for beside the repository, or SHARED says where it is.
SHARED ?= ../shared

# The main job on the files of fixtures/demo, in a run directory of its own.
demo: deps
	@$(MAKE) -j$(JOBS) --no-print-directory all
	@B=$(B) sh fixtures/demo/play.sh

# Manual pages are the comments at the top of the tools.
MAN := $(foreach t,$(TOOLS),$(B)/man/$(if $(filter claimwire,$(t)),claimwire,claimwire-$(t)).1)
.PHONY: man
man: $(MAN)
$(B)/man/claimwire.1: tools/claimwire/claimwire.c docs/man.awk
	@mkdir -p $(@D)
	$(Q)awk -v name=claimwire -f docs/man.awk $< > $@
$(B)/man/claimwire-%.1: docs/man.awk $$(wildcard tools/$$*/$$*.c)
	@mkdir -p $(@D)
	$(Q)awk -v name=claimwire-$* -f docs/man.awk tools/$*/$*.c > $@

PREFIX ?= /usr/local
install: all man
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/claimwire
	install -m 755 $(TOOL_BIN) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(MAN) $(DESTDIR)$(PREFIX)/share/man/man1
	cp -r config pipelines $(DESTDIR)$(PREFIX)/share/claimwire

# Checks of cppcheck 2.10 that misread this code: values set through pointers, conditions inside
# conditions, flexible arrays behind a compound literal. The compiler and clang-tidy look for the same.
CPPCHECK_WRONG := missingIncludeSystem ctuuninitvar legacyUninitvar uninitvar shiftTooManyBitsSigned \
    arrayIndexOutOfBoundsCond nullPointerRedundantCheck nullPointerArithmeticRedundantCheck \
    negativeIndex autoVariables bufferAccessOutOfBounds ctunullpointer
C_ALL := $(wildcard common/*/*.[ch] tools/*/*.[ch] tests/*.[ch] tests/*/*.[ch])
lint:
	clang-format --dry-run -Werror $(C_ALL)
	cppcheck --quiet --error-exitcode=1 --inline-suppr $(addprefix --suppress=,$(CPPCHECK_WRONG)) \
	    --enable=warning,portability --std=c11 \
	    --library=tests/lib/cppcheck.cfg -I. common tools
	clang-tidy --quiet $(filter-out %_fuzz.c,$(filter %.c,$(C_ALL))) -- $(ALL_CFLAGS)

# The same unit and tool tests under the address and undefined behaviour sanitizers.
ASAN_MAKE = B=$(B)/asan SAN="-fsanitize=address,undefined -fno-sanitize-recover=all" \
            CFLAGS="-O1 -g -fno-omit-frame-pointer -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0"
.PHONY: check-asan check-crash fuzz
check-asan: deps
	@$(MAKE) -j$(JOBS) --no-print-directory $(ASAN_MAKE) all unit
	@B=$(B)/asan ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 sh tests/lib/run.sh \
	    $(patsubst $(B)/test/%,$(B)/asan/test/%,$(UNIT_BIN)) $(wildcard tools/*/*_test.sh)

# Kills at random and at every kill point, the trace of syncs, the power cut.
KILLS ?= 200
check-crash: all
	@B=$(B) KILLS=$(KILLS) JOBS=1 TEST_LIMIT=3600 sh tests/lib/run.sh $(sort $(wildcard tests/crash/*_test.sh))

# A fuzz target is a *_fuzz.c; what it found to be worth keeping is in tests/fuzz/corpus/NAME.
FUZZ_SECONDS ?= 60
FUZZ_C   := $(wildcard common/*/*_fuzz.c tools/*/*_fuzz.c tests/fuzz/*_fuzz.c)
FUZZ_BIN := $(patsubst %.c,$(B)/fuzz/%,$(FUZZ_C))
FUZZ_CC   = clang $(ALL_CFLAGS) -Wno-unknown-warning-option -U_FORTIFY_SOURCE -fsanitize=address,undefined
$(B)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<
.SECONDEXPANSION:
fuzz_modules = $(patsubst $(B)/obj/%,$(B)/fuzz/obj/%,$(call tool_modules,$(1)))
$(B)/fuzz/libclaimwire.a: $(patsubst %.c,$(B)/fuzz/obj/%.o,$(COMMON_C))
	@rm -f $@
	$(Q)ar rcs $@ $^
$(FUZZ_BIN): $(B)/fuzz/%: %.c $$(call fuzz_modules,$$*) $(B)/fuzz/libclaimwire.a
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer -o $@ $^ $(ALL_LDLIBS) $(call tool_libs,$*)
fuzz: deps
	@$(MAKE) -j$(JOBS) --no-print-directory $(FUZZ_BIN)
	@B=$(B) sh tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ_BIN)

# Every figure beside its limit, in build/bench.json.
bench: all $(BENCH_BIN)
	@B=$(B) SHARED=$(SHARED) python3 tests/bench/run.py $(BENCH)

# How well notes are coded, against the gold of a folder and the publishers' tables.
GOLD  ?= $(SHARED)/gold
CODES ?= $(SHARED)/codes
.PHONY: bench-coder
bench-coder: all
	@B=$(B) python3 tests/bench/coder.py $(GOLD) $(CODES)

clean:
	rm -rf $(B)
-include $(shell find $(B)/fuzz/obj -name '*.d' 2>/dev/null)
-include $(shell find $(B)/obj $(B)/lto -name '*.d' 2>/dev/null)
