# claimwire. Two commands: `make demo` and `make check`; both install what is missing.
# Everything is built under build/. A new tool is a folder tools/NAME with NAME.c in it, a new
# module a .c under common/, a new test a *_test.c beside its module or a script tests/*.sh:
# the Makefile finds them.

# V=1 shows the commands
B       ?= build
Q       := $(if $(V),,@)
CC      := gcc
LIBS    := libzmq msgpack sqlite3 libsodium yaml-0.1 jansson libzstd
CFLAGS  ?= -O2 -g
SAN     ?=
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -Wall -Wextra -Werror -Wshadow \
             -Wstrict-prototypes -Wno-missing-field-initializers -fstack-protector-strong -fno-common \
             -I. $(shell pkg-config --cflags $(LIBS) 2>/dev/null) $(CFLAGS) $(SAN)
ALL_LDLIBS = $(SAN) $(shell pkg-config --libs $(LIBS) 2>/dev/null) -lm -lpthread

COMMON_C := $(filter-out %_test.c %_fuzz.c %_bench.c,$(wildcard common/*/*.c))
TOOLS    := $(notdir $(wildcard tools/*))
TOOL_BIN := $(foreach t,$(TOOLS),$(B)/bin/$(if $(filter claimwire,$(t)),claimwire,claimwire-$(t)))
UNIT_C   := $(wildcard common/*/*_test.c tools/*/*_test.c tests/*_test.c)
UNIT_BIN := $(patsubst %.c,$(B)/test/%,$(UNIT_C))
SHELL_T  := $(sort $(wildcard tests/*_test.sh tools/*/*_test.sh))
BENCH_C  := $(wildcard tests/bench/*.c)
BENCH_BIN := $(patsubst %.c,$(B)/bench/%,$(notdir $(BENCH_C)))

.SECONDARY:
.PHONY: all deps demo check unit shell-tests lint clean install bench
all: $(TOOL_BIN)

deps:
	@sh tests/lib/deps.sh config/deps.txt

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	@[ -n "$(V)" ] || echo "cc   $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/libclaimwire.a: $(patsubst %.c,$(B)/obj/%.o,$(COMMON_C))
	@rm -f $@
	$(Q)ar rcs $@ $^

define TOOL_RULE
$(B)/bin/$(if $(filter claimwire,$(1)),claimwire,claimwire-$(1)): $(patsubst %.c,$(B)/obj/%.o,$(filter-out %_test.c %_fuzz.c,$(wildcard tools/$(1)/*.c))) $(B)/libclaimwire.a
	@mkdir -p $$(@D)
	$(Q)$(CC) -o $$@ $$^ $$(ALL_LDLIBS)
endef
$(foreach t,$(TOOLS),$(eval $(call TOOL_RULE,$(t))))

# A test links its tool's modules but not the file with main().
.SECONDEXPANSION:
tool_modules = $(if $(filter tools/%,$(1)),$(patsubst %.c,$(B)/obj/%.o,$(filter-out %_test.c %_fuzz.c $(dir $(1))$(notdir $(patsubst %/,%,$(dir $(1)))).c,$(wildcard $(dir $(1))*.c))))
$(B)/test/%: $(B)/obj/%.o $$(call tool_modules,$$*) $(B)/libclaimwire.a
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(ALL_LDLIBS) -lcmocka
$(B)/bench/%: $(B)/obj/tests/bench/%.o $(B)/libclaimwire.a
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(ALL_LDLIBS)

unit: $(UNIT_BIN)
shell-tests: all
check: deps
	@$(MAKE) --no-print-directory all unit
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
	@B=$(B) python3 tests/faults/run.py

clean:
	rm -rf $(B)
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
