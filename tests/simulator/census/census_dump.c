/*
 * Writes the machine's heap to a file, a line for each slot that is alive, when somebody asks for it: the host sorts it
 * out (heap.ts). Nothing here allocates in that heap.
 *
 *   slot  address kind name next chunkBytes references    (a reference is label=address, separated by spaces)
 *   what  address type module name line                   (of an instance, in the heap or in ROM)
 *   root  address label
 *   outer address label references                         (a root that stands outside of the heap)
 *   total slots chunkBytes
 */
#include "xsAll.h"
#include <stdio.h>
#include <string.h>

void xs_census_dump(txMachine *the);

static const char *const KINDS[] = {
	"undefined", "null", "boolean", "integer", "number", "string", "string", "symbol", "bigint", "bigint",
	"reference", "closure", "frame", "instance", "arguments", "arguments", "array", "buffer", "callback", "code",
	"code", "date", "view", "finalization", "finalization", "global", "host", "map", "module", "program",
	"promise", "proxy", "regexp", "set", "typed", "weakmap", "weakref", "weakset", "accessor", "at",
	"entry", "error", "home", "key", "key", "list", "private", "stack", "var", "callback",
	[XS_INSTANCE_INSPECTOR_KIND] = "inspector", [XS_EXPORT_KIND] = "export", [XS_WEAK_ENTRY_KIND] = "weak entry", [XS_BUFFER_INFO_KIND] = "buffer info",
};

/* The marker of a host object takes no context. */
static FILE *out;
static txSlot *described[10000];
static int describedCount;

static int isInHeap(txMachine *the, txSlot *slot)
{
	txSlot *block;
	for (block = the->firstHeap; block; block = block->next)
		if (slot > block && slot < block->value.reference)
			return 1;
	return 0;
}

static const char *nameOf(txMachine *the, txID id)
{
	txString text;
	if (id == XS_NO_ID || id <= 0)
		return "";
	text = fxGetKeyString(the, id, C_NULL);
	return text && *text ? text : "";
}

static const char *moduleOf(txMachine *the, txSlot *function)
{
	txSlot *module = mxFunctionInstanceHome(function)->value.home.module;
	return module && mxModuleInstanceInternal(module) ? nameOf(the, mxModuleInstanceInternal(module)->value.module.id) : "";
}

/* The first line that its code names, within its first instructions; 0 without a debugger's information. */
static int lineOf(txSlot *function)
{
	txSlot *code = mxFunctionInstanceCode(function);
	const txU1 *at = (const txU1 *)code->value.code.address;
	int count;
	if ((code->kind != XS_CODE_KIND && code->kind != XS_CODE_X_KIND) || !at)
		return 0;
	for (count = 0; count < 64; count++) {
		txS1 size = gxCodeSizes[*at];
		if (*at == XS_CODE_LINE) {
			txS2 line;
			memcpy(&line, at + 1, sizeof(line));
			if (line)
				return line;
		}
		if (*at >= XS_CODE_END && *at <= XS_CODE_END_DERIVED)
			return 0;
		if (size > 0)
			at += size;
		else if (size == 0)
			at += 1 + sizeof(txID);
		else if (size == -1)
			at += 2 + at[1];
		else
			return 0;
	}
	return 0;
}

static int isFunction(txSlot *instance)
{
	txSlot *code = instance->next;
	return code && (instance->flag & XS_CAN_CALL_FLAG) && code->next && code->next->kind == XS_HOME_KIND;
}

static void describe(txMachine *the, txSlot *instance)
{
	txSlot *property;
	int index;
	if (instance->kind != XS_INSTANCE_KIND)
		return;
	for (index = 0; index < describedCount; index++)
		if (described[index] == instance)
			return;
	if (describedCount < (int)(sizeof(described) / sizeof(described[0])))
		described[describedCount++] = instance;
	if (isFunction(instance)) {
		txKind code = mxFunctionInstanceCode(instance)->kind;
		const char *type = code == XS_CALLBACK_KIND || code == XS_CALLBACK_X_KIND ? "native" : "function";
		fprintf(out, "what\t%p\t%s\t%s\t%s\t%d\n", (void *)instance, type, moduleOf(the, instance),
			nameOf(the, mxFunctionInstanceCode(instance)->ID), lineOf(instance));
		return;
	}
	for (property = instance->next; property; property = property->next) {
		if (property->kind == XS_MODULE_KIND) {
			fprintf(out, "what\t%p\tmodule\t%s\t\t0\n", (void *)instance, nameOf(the, property->value.module.id));
			return;
		}
		if (property->ID == mxID(_constructor) && property->kind == XS_REFERENCE_KIND && isFunction(property->value.reference)) {
			txSlot *function = property->value.reference;
			fprintf(out, "what\t%p\tprototype\t%s\t%s\t%d\n", (void *)instance, moduleOf(the, function),
				nameOf(the, mxFunctionInstanceCode(function)->ID), lineOf(function));
			return;
		}
	}
}

static void refer(txMachine *the, const char *label, txSlot *slot)
{
	if (slot)
		fprintf(out, " %s=%p", label, (void *)slot);
}

static void referValue(txMachine *the, const char *label, txSlot *slot)
{
	if (slot->kind == XS_REFERENCE_KIND)
		refer(the, label, slot->value.reference);
	else if (slot->kind == XS_CLOSURE_KIND)
		refer(the, label, slot->value.closure);
	else if (slot->kind == XS_INSTANCE_KIND)
		refer(the, label, slot);
}

static void referHost(txMachine *the, txSlot *slot)
{
	referValue(the, "host", slot);
}

static long chunkBytes(void *data)
{
	return data ? ((txChunk *)((txByte *)data - sizeof(txChunk)))->size & 0x7FFFFFFF : 0;
}

static long chunkOf(txSlot *slot)
{
	switch (slot->kind) {
	case XS_STRING_KIND: return chunkBytes(slot->value.string);
	case XS_BIGINT_KIND: return chunkBytes(slot->value.bigint.data);
	case XS_ARGUMENTS_SLOPPY_KIND:
	case XS_ARGUMENTS_STRICT_KIND:
	case XS_ARRAY_KIND:
	case XS_STACK_KIND: return chunkBytes(slot->value.array.address);
	case XS_ARRAY_BUFFER_KIND: return chunkBytes(slot->value.arrayBuffer.address);
	case XS_CODE_KIND: return chunkBytes(slot->value.code.address);
	case XS_GLOBAL_KIND:
	case XS_MAP_KIND:
	case XS_SET_KIND: return chunkBytes(slot->value.table.address);
	case XS_HOST_KIND: return slot->flag & XS_HOST_CHUNK_FLAG ? chunkBytes(slot->value.host.data) : 0;
	case XS_IDS_KIND: return chunkBytes(slot->value.IDs);
	case XS_KEY_KIND: return chunkBytes(slot->value.key.string);
	case XS_REGEXP_KIND: return chunkBytes(slot->value.regexp.code) + chunkBytes(slot->value.regexp.data);
	default: return 0;
	}
}

static void dumpReferences(txMachine *the, txSlot *slot)
{
	char label[80];
	txIndex index, length;
	switch (slot->kind) {
	case XS_REFERENCE_KIND:
	case XS_CLOSURE_KIND: referValue(the, slot->kind == XS_CLOSURE_KIND ? "cell" : "ref", slot); break;
	case XS_INSTANCE_KIND: refer(the, "proto", slot->value.instance.prototype); break;
	case XS_ARGUMENTS_SLOPPY_KIND:
	case XS_ARGUMENTS_STRICT_KIND:
	case XS_ARRAY_KIND:
	case XS_STACK_KIND:
		if (!slot->value.array.address)
			break;
		length = (txIndex)(chunkBytes(slot->value.array.address) / sizeof(txSlot));
		if (length > slot->value.array.length)
			length = slot->value.array.length;
		for (index = 0; index < length; index++) {
			txSlot *item = slot->value.array.address + index;
			const char *local = slot->kind == XS_STACK_KIND ? nameOf(the, item->ID) : "";
			if (*local)
				snprintf(label, sizeof(label), "%.60s", local);
			else
				snprintf(label, sizeof(label), "%d", (int)index);
			referValue(the, label, item);
		}
		break;
	case XS_CALLBACK_KIND:
	case XS_CALLBACK_X_KIND: refer(the, "closures", slot->value.callback.closures); break;
	case XS_CODE_KIND:
	case XS_CODE_X_KIND: refer(the, "closures", slot->value.code.closures); break;
	case XS_HOME_KIND:
		refer(the, "home", slot->value.home.object);
		refer(the, "module", slot->value.home.module);
		break;
	case XS_MODULE_KIND:
	case XS_PROGRAM_KIND: refer(the, "realm", slot->value.module.realm); break;
	case XS_EXPORT_KIND:
		refer(the, "cell", slot->value.export.closure);
		refer(the, "module", slot->value.export.module);
		break;
	case XS_HOST_KIND:
		if (slot->value.host.data && (slot->flag & XS_HOST_HOOKS_FLAG) && slot->value.host.variant.hooks->marker)
			(*slot->value.host.variant.hooks->marker)(the, slot->value.host.data, referHost);
		break;
	case XS_PROXY_KIND:
		refer(the, "handler", slot->value.proxy.handler);
		refer(the, "target", slot->value.proxy.target);
		break;
	case XS_ERROR_KIND: refer(the, "info", slot->value.error.info); break;
	case XS_LIST_KIND: refer(the, "part", slot->value.list.first); break;
	case XS_PRIVATE_KIND:
		refer(the, "part", slot->value.private.first);
		refer(the, "check", slot->value.private.check);
		break;
	case XS_MAP_KIND:
	case XS_SET_KIND:
		for (index = 0; index < (txIndex)slot->value.table.length; index++)
			refer(the, "part", slot->value.table.address[index]);
		break;
	case XS_ENTRY_KIND: refer(the, "part", slot->value.entry.slot); break;
	case XS_WEAK_MAP_KIND:
	case XS_WEAK_SET_KIND: refer(the, "part", slot->value.weakList.first); break;
	case XS_WEAK_ENTRY_KIND: refer(the, "part", slot->value.weakEntry.value); break;
	case XS_FINALIZATION_REGISTRY_KIND: refer(the, "part", slot->value.finalizationRegistry.callback); break;
	case XS_ACCESSOR_KIND:
		refer(the, "get", slot->value.accessor.getter);
		refer(the, "set", slot->value.accessor.setter);
		break;
	default: break;
	}
}

/* Of the instances that a slot points at: their words are what the host knows them by. */
static void describeReferences(txMachine *the, txSlot *slot)
{
	txIndex index;
	switch (slot->kind) {
	case XS_REFERENCE_KIND: describe(the, slot->value.reference); break;
	case XS_CLOSURE_KIND:
		if (slot->value.closure && slot->value.closure->kind == XS_REFERENCE_KIND)
			describe(the, slot->value.closure->value.reference);
		break;
	case XS_INSTANCE_KIND:
		describe(the, slot);
		if (slot->value.instance.prototype)
			describe(the, slot->value.instance.prototype);
		break;
	case XS_STACK_KIND:
		for (index = 0; slot->value.array.address && index < slot->value.array.length; index++)
			if (slot->value.array.address[index].kind == XS_REFERENCE_KIND)
				describe(the, slot->value.array.address[index].value.reference);
		break;
	case XS_HOME_KIND:
		if (slot->value.home.object)
			describe(the, slot->value.home.object);
		break;
	case XS_PRIVATE_KIND: describe(the, slot->value.private.check); break;
	default: break;
	}
}

static void dumpSlot(txMachine *the, txSlot *slot)
{
	int isNamed = slot->kind >= 0 && slot->kind < (int)(sizeof(KINDS) / sizeof(KINDS[0])) && KINDS[slot->kind];
	char number[8];
	const char *kind = isNamed ? KINDS[slot->kind] : number;
	int isKey = slot->kind == XS_KEY_KIND || slot->kind == XS_KEY_X_KIND;
	/* What is internal has other things than a name in its place. */
	const char *name = isKey ? slot->value.key.string
		: slot->kind == XS_INSTANCE_KIND || (slot->flag & XS_INTERNAL_FLAG) ? "" : nameOf(the, slot->ID);
	snprintf(number, sizeof(number), "%d", slot->kind);
	/* A key's next is the next of its hash. */
	fprintf(out, "slot\t%p\t%s\t%.60s\t%p\t%ld\t", (void *)slot, kind, name, isKey ? NULL : (void *)slot->next, chunkOf(slot));
	dumpReferences(the, slot);
	fputc('\n', out);
	describeReferences(the, slot);
}

static void root(txMachine *the, txSlot *slot, const char *label)
{
	fprintf(out, "root\t%p\t%s\n", (void *)slot, label);
}

/* A root that stands outside of the heap. */
static void rootValue(txMachine *the, txSlot *slot, const char *label)
{
	if (isInHeap(the, slot)) {
		root(the, slot, label);
		return;
	}
	fprintf(out, "outer\t%p\t%s\t", (void *)slot, label);
	dumpReferences(the, slot);
	fputc('\n', out);
}

/* What of ROM was changed has its new value in the heap; the name of a module's variable stands in what captures it. */
static const char *aliasName(txMachine *the, txID alias, txSlot **instance)
{
	txPreparation *rom = the->preparation;
	txSlot *slot = rom->heap, *limit = rom->heap + rom->heapCount;
	*instance = C_NULL;
	for (; slot < limit; slot++) {
		if (slot->kind == XS_INSTANCE_KIND && slot->ID == alias)
			*instance = slot;
		if (slot->kind == XS_CLOSURE_KIND && slot->value.closure && slot->value.closure->kind != XS_INSTANCE_KIND
			&& slot->value.closure->ID == alias)
			return nameOf(the, slot->ID);
	}
	return "";
}

static void dumpRoots(txMachine *the)
{
	txSlot *slot;
	txID index;
	char label[128];
	for (slot = the->stackTop - 1; slot >= the->stack; slot--)
		rootValue(the, slot, "engine");
	for (slot = the->cRoot; slot; slot = slot->next)
		rootValue(the, slot, "native");
	for (index = 0; index < the->aliasCount; index++) {
		txSlot *instance;
		if (!the->aliasArray[index])
			continue;
		snprintf(label, sizeof(label), "alias %s", aliasName(the, index, &instance));
		if (instance) {
			describe(the, instance);
			snprintf(label, sizeof(label), "alias of %p", (void *)instance);
		}
		root(the, the->aliasArray[index], label);
	}
	for (index = 0; index < the->keyIndex - the->keyOffset; index++)
		root(the, the->keyArray[index], "key");
}

/* xs_census_dump(folder): answers to the file "census" in it with the file "census.txt". */
void xs_census_dump(txMachine *the)
{
	char wanted[512], partial[512], done[512];
	txSlot *block, *slot;
	FILE *asked;
	fxToString(the, mxArgv(0));
	snprintf(wanted, sizeof(wanted), "%scensus", mxArgv(0)->value.string);
	snprintf(partial, sizeof(partial), "%scensus.partial", mxArgv(0)->value.string);
	snprintf(done, sizeof(done), "%scensus.txt", mxArgv(0)->value.string);
	asked = fopen(wanted, "r");
	if (!asked)
		return;
	fclose(asked);
	out = fopen(partial, "w");
	if (!out)
		return;
	fxCollectGarbage(the);
	describedCount = 0;
	for (slot = the->freeHeap; slot; slot = slot->next)
		slot->flag |= XS_MARK_FLAG;
	for (block = the->firstHeap; block; block = block->next)
		for (slot = block + 1; slot < block->value.reference; slot++)
			if (!(slot->flag & XS_MARK_FLAG))
				dumpSlot(the, slot);
	for (slot = the->freeHeap; slot; slot = slot->next)
		slot->flag &= ~XS_MARK_FLAG;
	dumpRoots(the);
	fprintf(out, "total\t%d\t%d\n", (int)the->currentHeapCount, (int)the->currentChunksSize);
	fclose(out);
	remove(wanted);
	rename(partial, done);
}
