#!/usr/bin/env node
var __defProp = Object.defineProperty;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __esm = (fn, res, err) => function() {
  if (err) throw err[0];
  try {
    return fn && (res = (0, fn[__getOwnPropNames(fn)[0]])(fn = 0)), res;
  } catch (e) {
    throw err = [e], e;
  }
};
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: !0 });
};

// lib/http/proxy-tunnel.ts
var proxy_tunnel_exports = {};
__export(proxy_tunnel_exports, {
  PROXY_ERROR_PREFIX: () => PROXY_ERROR_PREFIX,
  openTunnel: () => openTunnel
});
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP as isIP2 } from "node:net";
import { connect } from "node:tls";
async function openTunnel(proxy, options) {
  let { host, port, lookup, ...tlsOptions } = options, address = lookup === void 0 || isIP2(host) !== 0 ? host : await resolve(host, lookup), socket = await connectThrough(proxy, `${address.includes(":") ? `[${address}]` : address}:${port}`);
  return connect({ ...tlsOptions, host, socket });
}
function resolve(host, lookup) {
  return new Promise((resolved, reject) => {
    lookup(host, {}, (error, address) => {
      error !== null ? reject(error) : typeof address == "string" && resolved(address);
    });
  });
}
function connectThrough(proxy, authority) {
  let { protocol, host, port, authorization } = proxy, headers = {
    host: authority,
    ...authorization !== null && { "proxy-authorization": authorization.reveal() }
  }, start = protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve2, reject) => {
    let request2 = start({
      host,
      port,
      method: "CONNECT",
      path: authority,
      headers,
      agent: !1,
      rejectUnauthorized: !0
    }), timer = setTimeout(() => request2.destroy(new ProxyError("PROXY_TIMEOUT")), TUNNEL_TIME_LIMIT_MS);
    request2.on("connect", ({ statusCode = 0 }, socket, head) => {
      if (clearTimeout(timer), statusCode >= 200 && statusCode < 300)
        return head.length > 0 && socket.unshift(head), resolve2(socket);
      socket.destroy(), reject(new ProxyError(statusCode === 407 ? "PROXY_AUTHENTICATION" : "PROXY_REFUSED"));
    }), request2.on("response", () => request2.destroy(new ProxyError("PROXY_REFUSED"))), request2.on("error", (error) => {
      clearTimeout(timer), reject(error instanceof ProxyError ? error : new ProxyError("PROXY_UNREACHABLE", error));
    }), request2.end();
  });
}
var PROXY_ERROR_PREFIX, TUNNEL_TIME_LIMIT_MS, ProxyError, init_proxy_tunnel = __esm({
  "lib/http/proxy-tunnel.ts"() {
    "use strict";
    PROXY_ERROR_PREFIX = "PROXY_", TUNNEL_TIME_LIMIT_MS = 1e4, ProxyError = class extends Error {
      name = "ProxyError";
      code;
      constructor(code, cause) {
        super(`the proxy did not open the connection (${code})`, { cause }), this.code = code;
      }
    };
  }
});

// client/github-action.ts
import { appendFile } from "node:fs/promises";

// node_modules/zod/v4/core/util.js
function getEnumValues(entries) {
  let numericValues = Object.values(entries).filter((v) => typeof v == "number");
  return Object.entries(entries).filter(([k, _]) => numericValues.indexOf(+k) === -1).map(([_, v]) => v);
}
function jsonStringifyReplacer(_, value) {
  return typeof value == "bigint" ? value.toString() : value;
}
var Cached = class {
  constructor(getter) {
    this._getter = getter, this._value = void 0;
  }
  get value() {
    let getter = this._getter;
    return getter !== void 0 && (this._value = getter(), this._getter = void 0), this._value;
  }
};
function cached(getter) {
  return new Cached(getter);
}
function nullish(input) {
  return input == null;
}
function cleanRegex(source) {
  let start = source.startsWith("^") ? 1 : 0, end = source.endsWith("$") ? source.length - 1 : source.length;
  return source.slice(start, end);
}
function assignProp(target, prop, value) {
  Object.defineProperty(target, prop, {
    value,
    writable: !0,
    enumerable: !0,
    configurable: !0
  });
}
function rawShape(def) {
  let desc = Object.getOwnPropertyDescriptor(def, "shape");
  return desc?.get ? desc.get.raw : desc?.value;
}
function sourceShape(schema) {
  return rawShape(schema._zod.def) ?? schema._zod.def.shape;
}
function deferProp(target, key, getter) {
  Object.defineProperty(target, key, {
    get() {
      let value = getter();
      return assignProp(this, key, value), value;
    },
    enumerable: !0,
    configurable: !0
  });
}
function putProp(target, key, value) {
  key in target ? assignProp(target, key, value) : target[key] = value;
}
function mirrorShape(target, source, keys, wrap2) {
  let raw = sourceShape(source);
  for (let key of keys) {
    let desc = Object.getOwnPropertyDescriptor(raw, key);
    desc.enumerable && (desc.get ? deferProp(target, key, () => {
      let value = source._zod.def.shape[key];
      return wrap2 ? wrap2(value, key) : value;
    }) : putProp(target, key, wrap2 ? wrap2(desc.value, key) : desc.value));
  }
}
function mirrorProps(target, source) {
  for (let key of Reflect.ownKeys(source)) {
    let desc = Object.getOwnPropertyDescriptor(source, key);
    desc.enumerable && (desc.get ? deferProp(target, key, () => source[key]) : putProp(target, key, desc.value));
  }
}
function mergeDefs(...defs) {
  let mergedDescriptors = {};
  for (let def of defs) {
    let descriptors = Object.getOwnPropertyDescriptors(def);
    Object.assign(mergedDescriptors, descriptors);
  }
  return Object.defineProperties({}, mergedDescriptors);
}
var captureStackTrace = "captureStackTrace" in Error ? Error.captureStackTrace : (..._args) => {
};
function isObject(data) {
  return typeof data == "object" && data !== null && !Array.isArray(data);
}
function isPlainObject(o) {
  if (isObject(o) === !1)
    return !1;
  let ctor = o.constructor;
  if (ctor === void 0 || typeof ctor != "function")
    return !0;
  let prot = ctor.prototype;
  return !(isObject(prot) === !1 || Object.prototype.hasOwnProperty.call(prot, "isPrototypeOf") === !1);
}
function shallowClone(o) {
  return isPlainObject(o) ? { ...o } : Array.isArray(o) ? [...o] : o instanceof Map ? new Map(o) : o instanceof Set ? new Set(o) : o;
}
var propertyKeyTypes = /* @__PURE__ */ new Set(["string", "number", "symbol"]);
function escapeRegex(str) {
  return str.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
function clone(inst, def, params) {
  let cl = new inst._zod.constr(def ?? inst._zod.def);
  return (!def || params?.parent) && (cl._zod.parent = inst), cl;
}
function normalizeParams(_params) {
  let params = _params;
  if (!params)
    return {};
  if (typeof params == "string")
    return { error: () => params };
  if (params?.message !== void 0) {
    if (params?.error !== void 0)
      throw new Error("Cannot specify both `message` and `error` params");
    params.error = params.message;
  }
  return delete params.message, typeof params.error == "string" ? { ...params, error: () => params.error } : params;
}
function optionalKeys(shape) {
  return Object.keys(shape).filter((k) => shape[k]._zod.optin !== void 0 && shape[k]._zod.optout === "optional");
}
var NUMBER_FORMAT_RANGES = {
  safeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  int32: [-2147483648, 2147483647],
  uint32: [0, 4294967295],
  float32: [-34028234663852886e22, 34028234663852886e22],
  float64: [-Number.MAX_VALUE, Number.MAX_VALUE]
};
function extend(schema, shape) {
  if (!isPlainObject(shape))
    throw new Error("Invalid input to extend: expected a plain object");
  let checks = schema._zod.def.checks;
  if (checks && checks.length > 0) {
    let existingShape = sourceShape(schema);
    for (let key of Reflect.ownKeys(shape))
      if (Object.getOwnPropertyDescriptor(existingShape, key) !== void 0)
        throw new Error("Cannot overwrite keys on object schemas containing refinements. Use `.safeExtend()` instead.");
  }
  return clone(schema, mergeDefs(schema._zod.def, { shape: extended(schema, shape) }));
}
function extended(schema, shape) {
  let newShape = {};
  return mirrorShape(newShape, schema, Reflect.ownKeys(sourceShape(schema))), mirrorProps(newShape, shape), newShape;
}
function aborted(x, startIndex = 0) {
  if (x.aborted === !0)
    return !0;
  for (let i = startIndex; i < x.issues.length; i++)
    if (x.issues[i]?.continue !== !0)
      return !0;
  return !1;
}
function explicitlyAborted(x, startIndex = 0) {
  if (x.aborted === !0)
    return !0;
  for (let i = startIndex; i < x.issues.length; i++)
    if (x.issues[i]?.continue === !1)
      return !0;
  return !1;
}
function prefixIssues(path, issues) {
  return issues.map((iss) => {
    var _a3;
    return (_a3 = iss).path ?? (_a3.path = []), iss.path.unshift(path), iss;
  });
}
function unwrapMessage(message) {
  return typeof message == "string" ? message : message?.message;
}
function sizeCaps(defChecks) {
  let caps = [];
  for (let ch of defChecks ?? []) {
    let d = ch._zod.def;
    if (!/_(length|size)$|_equals$/.test(d.check))
      break;
    let max = d.maximum ?? d.length ?? d.size;
    max >= 0 && caps.push([max, ch]);
  }
  return caps;
}
function attachSchema(issues, start, inst) {
  var _a3;
  for (let i = start; i < issues.length; i++)
    (_a3 = issues[i]).schema ?? (_a3.schema = inst);
}
function finalizeIssue(iss, ctx, config2) {
  var _a3;
  let traits = iss.inst?._zod?.traits;
  traits?.has("$ZodType") && (traits.has("$ZodCheck") ? (_a3 = iss).schema ?? (_a3.schema = iss.inst) : iss.schema = iss.inst);
  let schemaError = iss.schema !== iss.inst ? iss.schema?._zod.def?.error : void 0, message = iss.message ? iss.message : unwrapMessage(iss.inst?._zod.def?.error?.(iss)) ?? unwrapMessage(schemaError?.(iss)) ?? unwrapMessage(ctx?.error?.(iss)) ?? unwrapMessage(config2.customError?.(iss)) ?? unwrapMessage(config2.localeError?.(iss)) ?? "Invalid input", full = {};
  for (let k of Object.keys(iss))
    k === "inst" || k === "schema" || k === "continue" || k === "input" || k === "__proto__" || (full[k] = iss[k]);
  return full.path ?? (full.path = []), full.message = message, ctx?.reportInput && (full.input = iss.input), full;
}
var highSurrogate = /[\uD800-\uDBFF]/;
function codePointLength(str) {
  let units = str.length;
  if (!highSurrogate.test(str))
    return units;
  let count = units;
  for (let i = 0; i < units - 1; i++)
    (str.charCodeAt(i) & 64512) === 55296 && (str.charCodeAt(i + 1) & 64512) === 56320 && (count--, i++);
  return count;
}
function getLengthableOrigin(input) {
  return Array.isArray(input) ? "array" : typeof input == "string" ? "string" : "unknown";
}
function issue(...args) {
  let [iss, input, inst] = args;
  return typeof iss == "string" ? {
    message: iss,
    code: "custom",
    input,
    inst
  } : { ...iss };
}
function members(proto, table) {
  for (let key in table) {
    let desc = Object.getOwnPropertyDescriptor(table, key);
    desc.get ? Object.defineProperty(proto, key, { ...desc, enumerable: !1 }) : defineBound(proto, key, desc.value);
  }
}
function own(inst, key, value, enumerable = !0) {
  return Object.defineProperty(inst, key, { configurable: !0, writable: !0, enumerable, value }), value;
}
function hide(inst, key, value) {
  return own(inst, key, value, !1);
}
function defineBound(proto, key, fn) {
  Object.defineProperty(proto, key, {
    configurable: !0,
    get() {
      return this == null ? fn : own(this, key, fn.bind(this));
    },
    set(value) {
      own(this, key, value);
    }
  });
}
function claim(inst, sentinel) {
  let proto = Object.getPrototypeOf(inst);
  return sentinel in proto ? void 0 : proto;
}
var installing, broke = !1, breaker = {
  configurable: !0,
  get() {
    broke = !0;
  }
};
function defineLazyInternal(inst, key, compute) {
  let proto = Object.getPrototypeOf(inst._zod);
  if (key in proto && installing !== inst._zod) {
    installing = void 0;
    return;
  }
  installing = inst._zod, Object.defineProperty(proto, key, {
    configurable: !0,
    get() {
      Object.defineProperty(this, key, breaker);
      let outer = broke;
      broke = !1;
      try {
        let value = compute(this);
        return broke ? delete this[key] : Object.defineProperty(this, key, { configurable: !0, writable: !0, value }), broke = broke || outer, value;
      } catch (err) {
        throw delete this[key], broke = broke || outer, err;
      }
    },
    set(value) {
      Object.defineProperty(this, key, { configurable: !0, writable: !0, value });
    }
  });
}
function installLazyProp(inst, key, make, enumerable) {
  let proto = claim(inst, key);
  proto && Object.defineProperty(proto, key, {
    configurable: !0,
    get() {
      let desc = { configurable: !0, writable: !0, enumerable, value: void 0 };
      return Object.defineProperty(this, key, desc), desc.value = make(this), Object.defineProperty(this, key, desc), desc.value;
    },
    set(value) {
      Object.defineProperty(this, key, { configurable: !0, writable: !0, enumerable, value });
    }
  });
}

// node_modules/zod/v4/core/core.js
var _a;
var _zodDesc = { value: void 0, enumerable: !1 }, _E = "captureStackTrace" in Error ? Error : null;
function newError(Definition) {
  let E = _E;
  if (E) {
    let saved = E.stackTraceLimit;
    if (typeof saved == "number") {
      try {
        E.stackTraceLimit = 0;
      } catch {
        return _E = null, new Definition();
      }
      try {
        return new Definition();
      } finally {
        E.stackTraceLimit = saved;
      }
    }
  }
  return new Definition();
}
// @__NO_SIDE_EFFECTS__
function $constructor(name, initializer2, proto, params) {
  let zodProto = {};
  function Internals(def) {
    this.def = def, this.constr = _, this.traits = /* @__PURE__ */ new Set();
  }
  Internals.prototype = zodProto;
  let protoMembers = proto, initialized = protoMembers && /* @__PURE__ */ new WeakSet();
  function init(inst, def) {
    if (inst._zod) {
      if (inst._zod.traits.has(name))
        return;
    } else {
      _zodDesc.value = new Internals(def);
      try {
        Object.defineProperty(inst, "_zod", _zodDesc);
      } finally {
        _zodDesc.value = void 0;
      }
    }
    if (inst._zod.traits.add(name), initializer2(inst, def), initialized) {
      let own2 = Object.getPrototypeOf(inst), ctorProto = inst._zod.constr.prototype, up = own2;
      for (; up && up !== ctorProto; )
        up = Object.getPrototypeOf(up);
      let target = up ?? own2;
      initialized.has(target) || (initialized.add(target), members(target, protoMembers));
    }
    let proto2 = _.prototype;
    for (let k in proto2)
      Object.prototype.hasOwnProperty.call(proto2, k) && (k in inst || (inst[k] = proto2[k].bind(inst)));
  }
  let Parent = params?.Parent ?? Object;
  class Definition extends Parent {
  }
  Object.defineProperty(Definition, "name", { value: name });
  function _(def) {
    let inst = params?.Parent ? newError(Definition) : this;
    init(inst, def);
    let deferred = inst._zod.deferred;
    if (deferred) {
      for (let fn of deferred)
        fn();
      inst._zod.deferred = void 0;
    }
    let pp = globalThis.__zod_globalConfig?.postProcessor;
    return pp && pp(inst), inst;
  }
  return Object.defineProperty(_, "init", { value: init }), Object.defineProperty(_, Symbol.hasInstance, {
    value: (inst) => params?.Parent && inst instanceof params.Parent ? !0 : inst?._zod?.traits?.has(name)
  }), Object.defineProperty(_, "name", { value: name }), _;
}
var $ZodAsyncError = class extends Error {
  constructor() {
    super("Encountered Promise during synchronous parse. Use .parseAsync() instead.");
  }
}, $ZodEncodeError = class extends Error {
  constructor(name) {
    super(`Encountered unidirectional transform during encode: ${name}`), this.name = "ZodEncodeError";
  }
};
(_a = globalThis).__zod_globalConfig ?? (_a.__zod_globalConfig = {});
var globalConfig = globalThis.__zod_globalConfig;
function config(newConfig) {
  return newConfig && Object.assign(globalConfig, newConfig), globalConfig;
}

// node_modules/zod/v4/core/errors.js
function _getMessage() {
  let internals = this._zod;
  return internals.message ?? (internals.message = JSON.stringify(internals.def, jsonStringifyReplacer, 2)), internals.message;
}
function _setMessage(value) {
  this._zod.message = value;
}
var _messageDesc = {
  get: _getMessage,
  set: _setMessage,
  enumerable: !0,
  configurable: !0
}, _issuesDesc = { value: void 0, enumerable: !1 }, _installedToString = /* @__PURE__ */ new WeakSet([Object.prototype, Error.prototype]), initializer = (inst, def) => {
  inst.name = "$ZodError", _issuesDesc.value = def, Object.defineProperty(inst, "issues", _issuesDesc), _issuesDesc.value = void 0, Object.defineProperty(inst, "message", _messageDesc);
  let proto = Object.getPrototypeOf(inst);
  _installedToString.has(proto) || (_installedToString.add(proto), Object.defineProperty(proto, "toString", {
    configurable: !0,
    enumerable: !1,
    get() {
      let value = () => this.message;
      return Object.defineProperty(this, "toString", { value, configurable: !0, writable: !0 }), value;
    },
    set(value) {
      Object.defineProperty(this, "toString", { value, configurable: !0, writable: !0 });
    }
  }));
}, $ZodError = $constructor("$ZodError", initializer), $ZodRealError = $constructor("$ZodError", initializer, void 0, {
  Parent: Error
});

// node_modules/zod/v4/core/parse.js
var _parse = (_Err) => {
  let fn = (schema, value, _ctx, _params) => {
    let ctx = _ctx ? { ..._ctx, async: !1 } : { async: !1 }, result = schema._zod.run({ value, issues: [] }, ctx);
    if (result instanceof Promise)
      throw new $ZodAsyncError();
    if (result.issues.length) {
      let e = new (_params?.Err ?? _Err)(result.issues.map((iss) => finalizeIssue(iss, ctx, config())));
      throw captureStackTrace(e, _params?.callee ?? fn), e;
    }
    return result.value;
  };
  return fn;
}, parse = /* @__PURE__ */ _parse($ZodRealError), _parseAsync = (_Err) => {
  let fn = async (schema, value, _ctx, params) => {
    let ctx = _ctx ? { ..._ctx, async: !0 } : { async: !0 }, result = schema._zod.run({ value, issues: [] }, ctx);
    if (result instanceof Promise && (result = await result), result.issues.length) {
      let e = new (params?.Err ?? _Err)(result.issues.map((iss) => finalizeIssue(iss, ctx, config())));
      throw captureStackTrace(e, params?.callee ?? fn), e;
    }
    return result.value;
  };
  return fn;
}, parseAsync = /* @__PURE__ */ _parseAsync($ZodRealError), _safeParse = (_Err) => (schema, value, _ctx) => {
  let ctx = _ctx ? { ..._ctx, async: !1 } : { async: !1 }, result = schema._zod.run({ value, issues: [] }, ctx);
  if (result instanceof Promise)
    throw new $ZodAsyncError();
  return result.issues.length ? failure(_Err, result.issues, ctx) : { success: !0, data: result.value };
}, safeParse = /* @__PURE__ */ _safeParse($ZodRealError);
function failure(Err, issues, ctx) {
  let error;
  return {
    success: !1,
    get error() {
      return error || (error = new Err(issues.map((iss) => finalizeIssue(iss, ctx, config()))), issues = void 0, ctx = void 0), error;
    },
    set error(e) {
      error = e, issues = void 0, ctx = void 0;
    }
  };
}
var _safeParseAsync = (_Err) => async (schema, value, _ctx) => {
  let ctx = _ctx ? { ..._ctx, async: !0 } : { async: !0 }, result = schema._zod.run({ value, issues: [] }, ctx);
  return result instanceof Promise && (result = await result), result.issues.length ? failure(_Err, result.issues, ctx) : { success: !0, data: result.value };
}, safeParseAsync = /* @__PURE__ */ _safeParseAsync($ZodRealError);

// node_modules/zod/v4/core/regexes.js
var duration = /^P(?:(\d+W)|(?!.*W)(?=\d|T\d)(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+([.,]\d+)?S)?)?)$/;
var httpProtocol = /^https?$/;
var dateSource = "(?:(?:\\d\\d[2468][048]|\\d\\d[13579][26]|\\d\\d0[48]|[02468][048]00|[13579][26]00)-02-29|\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|(?:02)-(?:0[1-9]|1\\d|2[0-8])))";
function anchor(source) {
  return new RegExp(`^${source}$`);
}
var date = /* @__PURE__ */ anchor(dateSource);
function timeSource(args) {
  let hhmm = "(?:[01]\\d|2[0-3]):[0-5]\\d";
  return typeof args.precision == "number" ? args.precision === -1 ? `${hhmm}` : args.precision === 0 ? `${hhmm}:[0-5]\\d` : `${hhmm}:[0-5]\\d\\.\\d{${args.precision}}` : args.seconds ? `${hhmm}:[0-5]\\d(?:\\.\\d+)?` : `${hhmm}(?::[0-5]\\d(?:\\.\\d+)?)?`;
}
function time(args) {
  return new RegExp(`^${timeSource(args)}$`);
}
function datetime(args) {
  let opts = ["Z"];
  args.offset && opts.push("([+-](?:[01]\\d|2[0-3]):[0-5]\\d)");
  let qualified = `${timeSource({ precision: args.precision, seconds: !0 })}(?:${opts.join("|")})`, timeRegex = args.local ? `${qualified}|${timeSource({ precision: args.precision })}` : qualified;
  return new RegExp(`^${dateSource}T(?:${timeRegex})$`);
}
var anyString = /^[\s\S]{0,}$/;
var number = /^-?\d+(?:\.\d+)?$/, boolean = /^(?:true|false)$/i, _null = /^null$/i;

// node_modules/zod/v4/core/checks.js
var $ZodCheck = /* @__PURE__ */ $constructor("$ZodCheck", (inst, def) => {
  var _a3;
  inst._zod ?? (inst._zod = {}), inst._zod.def = def, (_a3 = inst._zod).onattach ?? (_a3.onattach = []);
});
var _whenHasLength = (payload) => {
  let val = payload.value;
  return !nullish(val) && val.length !== void 0;
}, numericOriginMap = {
  number: "number",
  bigint: "bigint",
  object: "date"
}, $ZodCheckLessThan = /* @__PURE__ */ $constructor("$ZodCheckLessThan", (inst, def) => {
  $ZodCheck.init(inst, def);
  let origin = numericOriginMap[typeof def.value];
  inst._zod.check = (payload) => {
    (def.inclusive ? payload.value <= def.value : payload.value < def.value) || payload.issues.push({
      origin: numericOriginMap[typeof payload.value] ?? origin,
      code: "too_big",
      maximum: typeof def.value == "object" ? def.value.getTime() : def.value,
      input: payload.value,
      inclusive: def.inclusive,
      inst,
      continue: !def.abort
    });
  };
}), $ZodCheckGreaterThan = /* @__PURE__ */ $constructor("$ZodCheckGreaterThan", (inst, def) => {
  $ZodCheck.init(inst, def);
  let origin = numericOriginMap[typeof def.value];
  inst._zod.check = (payload) => {
    (def.inclusive ? payload.value >= def.value : payload.value > def.value) || payload.issues.push({
      origin: numericOriginMap[typeof payload.value] ?? origin,
      code: "too_small",
      minimum: typeof def.value == "object" ? def.value.getTime() : def.value,
      input: payload.value,
      inclusive: def.inclusive,
      inst,
      continue: !def.abort
    });
  };
});
var $ZodCheckNumberFormat = /* @__PURE__ */ $constructor("$ZodCheckNumberFormat", (inst, def) => {
  $ZodCheck.init(inst, def), def.format = def.format || "float64";
  let isInt = def.format?.includes("int"), origin = isInt ? "int" : "number", [minimum, maximum] = NUMBER_FORMAT_RANGES[def.format];
  inst._zod.check = (payload) => {
    let input = payload.value;
    if (isInt) {
      if (!Number.isInteger(input)) {
        payload.issues.push({
          expected: origin,
          format: def.format,
          code: "invalid_type",
          continue: !1,
          input,
          inst
        });
        return;
      }
      if (!Number.isSafeInteger(input)) {
        input > 0 ? payload.issues.push({
          input,
          code: "too_big",
          maximum: Number.MAX_SAFE_INTEGER,
          note: "Integers must be within the safe integer range.",
          inst,
          origin,
          inclusive: !0,
          continue: !def.abort
        }) : payload.issues.push({
          input,
          code: "too_small",
          minimum: Number.MIN_SAFE_INTEGER,
          note: "Integers must be within the safe integer range.",
          inst,
          origin,
          inclusive: !0,
          continue: !def.abort
        });
        return;
      }
    }
    input < minimum && payload.issues.push({
      origin: "number",
      input,
      code: "too_small",
      minimum,
      inclusive: !0,
      inst,
      continue: !def.abort
    }), input > maximum && payload.issues.push({
      origin: "number",
      input,
      code: "too_big",
      maximum,
      inclusive: !0,
      inst,
      continue: !def.abort
    });
  };
});
var $ZodCheckMaxLength = /* @__PURE__ */ $constructor("$ZodCheckMaxLength", (inst, def) => {
  var _a3;
  $ZodCheck.init(inst, def), (_a3 = inst._zod.def).when ?? (_a3.when = _whenHasLength), inst._zod.check = (payload) => {
    let input = payload.value, units = input.length;
    if ((typeof input == "string" && units > def.maximum ? codePointLength(input) : units) <= def.maximum)
      return;
    let origin = getLengthableOrigin(input);
    payload.issues.push({
      origin,
      code: "too_big",
      maximum: def.maximum,
      inclusive: !0,
      input,
      inst,
      continue: !def.abort
    });
  };
}), $ZodCheckMinLength = /* @__PURE__ */ $constructor("$ZodCheckMinLength", (inst, def) => {
  var _a3;
  $ZodCheck.init(inst, def), (_a3 = inst._zod.def).when ?? (_a3.when = _whenHasLength), inst._zod.check = (payload) => {
    let input = payload.value, units = input.length;
    if ((typeof input == "string" && units >= def.minimum && units < def.minimum * 2 ? codePointLength(input) : units) >= def.minimum)
      return;
    let origin = getLengthableOrigin(input);
    payload.issues.push({
      origin,
      code: "too_small",
      minimum: def.minimum,
      inclusive: !0,
      input,
      inst,
      continue: !def.abort
    });
  };
});
var $ZodCheckStringFormat = /* @__PURE__ */ $constructor("$ZodCheckStringFormat", (inst, def) => {
  var _a3, _b;
  $ZodCheck.init(inst, def), def.pattern ? (_a3 = inst._zod).check ?? (_a3.check = (payload) => {
    def.pattern.lastIndex = 0, !def.pattern.test(payload.value) && payload.issues.push({
      origin: "string",
      code: "invalid_format",
      format: def.format,
      input: payload.value,
      ...def.pattern ? { pattern: def.pattern.toString() } : {},
      inst,
      continue: !def.abort
    });
  }) : (_b = inst._zod).check ?? (_b.check = () => {
  });
}), $ZodCheckRegex = /* @__PURE__ */ $constructor("$ZodCheckRegex", (inst, def) => {
  $ZodCheckStringFormat.init(inst, def), inst._zod.check = (payload) => {
    def.pattern.lastIndex = 0, !def.pattern.test(payload.value) && payload.issues.push({
      origin: "string",
      code: "invalid_format",
      format: "regex",
      input: payload.value,
      pattern: def.pattern.toString(),
      inst,
      continue: !def.abort
    });
  };
});
var $ZodCheckOverwrite = /* @__PURE__ */ $constructor("$ZodCheckOverwrite", (inst, def) => {
  $ZodCheck.init(inst, def), inst._zod.check = (payload) => {
    payload.value = def.tx(payload.value);
  };
});

// node_modules/zod/v4/core/versions.js
var version = {
  major: 4,
  minor: 6,
  patch: 7
};

// node_modules/zod/v4/core/schemas.js
var $ZodType = /* @__PURE__ */ $constructor("$ZodType", (inst, def) => {
  var _a3;
  inst ?? (inst = {}), inst._zod.def = def, inst._zod.bag = inst._zod.bag || {}, inst._zod.version = version;
  let defChecks = inst._zod.def.checks, checks = inst._zod.traits.has("$ZodCheck") ? [inst, ...defChecks ?? []] : defChecks?.length ? [...defChecks] : [];
  for (let ch of checks)
    for (let fn of ch._zod.onattach)
      fn(inst);
  if (checks.length === 0)
    (_a3 = inst._zod).deferred ?? (_a3.deferred = []), inst._zod.deferred?.push(() => {
      inst._zod.run = inst._zod.parse;
    });
  else {
    let runChecks = (payload, checks2, ctx) => {
      if (payload.memo)
        return payload;
      let isAborted = aborted(payload), asyncResult;
      for (let ch of checks2) {
        if (ch._zod.def.when) {
          if (explicitlyAborted(payload) || !ch._zod.def.when(payload))
            continue;
        } else if (isAborted)
          continue;
        let currLen = payload.issues.length, _ = ch._zod.check(payload);
        if (_ instanceof Promise && ctx?.async === !1)
          throw new $ZodAsyncError();
        if (asyncResult || _ instanceof Promise)
          asyncResult = (asyncResult ?? Promise.resolve()).then(async () => {
            await _, payload.issues.length !== currLen && (attachSchema(payload.issues, currLen, inst), isAborted || (isAborted = aborted(payload, currLen)));
          });
        else {
          if (payload.issues.length === currLen)
            continue;
          attachSchema(payload.issues, currLen, inst), isAborted || (isAborted = aborted(payload, currLen));
        }
      }
      return asyncResult ? asyncResult.then(() => payload) : payload;
    }, handleCanaryResult = (canary, payload, ctx) => {
      if (aborted(canary))
        return canary.aborted = !0, canary;
      let checkResult = runChecks(payload, checks, ctx);
      if (checkResult instanceof Promise) {
        if (ctx.async === !1)
          throw new $ZodAsyncError();
        return checkResult.then((checkResult2) => inst._zod.parse(checkResult2, ctx));
      }
      return inst._zod.parse(checkResult, ctx);
    };
    inst._zod.run = (payload, ctx) => {
      if (ctx.skipChecks)
        return inst._zod.parse(payload, ctx);
      if (ctx.direction === "backward") {
        let canary = inst._zod.parse({ value: payload.value, issues: [] }, { ...ctx, skipChecks: !0 });
        return canary instanceof Promise ? canary.then((canary2) => handleCanaryResult(canary2, payload, ctx)) : handleCanaryResult(canary, payload, ctx);
      }
      let result = inst._zod.parse(payload, ctx);
      if (result instanceof Promise) {
        if (ctx.async === !1)
          throw new $ZodAsyncError();
        return result.then((result2) => runChecks(result2, checks, ctx));
      }
      return runChecks(result, checks, ctx);
    };
  }
}, {
  // Wrappers extend this by installing a richer factory over it; reading it eagerly would defeat the laziness.
  get "~standard"() {
    return hide(this, "~standard", standardProps(this));
  },
  set "~standard"(value) {
    own(this, "~standard", value);
  }
}), toStandardResult = (r, ctx) => r.issues.length ? { issues: r.issues.map((iss) => finalizeIssue(iss, ctx, config())) } : { value: r.value };
async function validateAsync(inst, value) {
  let ctx = { async: !0 };
  return toStandardResult(await inst._zod.run({ value, issues: [] }, ctx), ctx);
}
function standardProps(inst) {
  return {
    validate: (value) => {
      let ctx = { async: !1 };
      try {
        let r = inst._zod.run({ value, issues: [] }, ctx);
        if (!(r instanceof Promise))
          return toStandardResult(r, ctx);
      } catch {
      }
      return validateAsync(inst, value);
    },
    vendor: "zod",
    version: 1
  };
}
var $ZodString = /* @__PURE__ */ $constructor("$ZodString", (inst, def) => {
  $ZodType.init(inst, def), inst._zod.pattern = def.pattern ?? anyString, inst._zod.parse = (payload, _) => {
    if (def.coerce)
      try {
        payload.value = String(payload.value);
      } catch {
      }
    return typeof payload.value == "string" || payload.issues.push({
      expected: "string",
      code: "invalid_type",
      input: payload.value,
      inst
    }), payload;
  };
}), $ZodStringFormat = /* @__PURE__ */ $constructor("$ZodStringFormat", (inst, def) => {
  $ZodCheckStringFormat.init(inst, def), $ZodString.init(inst, def);
});
var URL_BAD_FORMAT = 1, URL_UNPARSEABLE = 2;
function canParseURL(input) {
  try {
    return typeof URL < "u" && typeof URL.canParse == "function" ? URL.canParse(input) : (new URL(input), !0);
  } catch {
    return !1;
  }
}
function validateURL(trimmed, def) {
  return !("normalize" in def) && !("hostname" in def) && !("protocol" in def) ? canParseURL(trimmed) || URL_UNPARSEABLE : parseURLObject(trimmed, def);
}
function parseURLObject(trimmed, def) {
  if (!def.normalize && def.protocol?.source === httpProtocol.source && !/^https?:\/\//i.test(trimmed))
    return URL_BAD_FORMAT;
  try {
    if (typeof URL < "u") {
      let URLStatic = URL;
      if (typeof URLStatic.parse == "function")
        return URLStatic.parse(trimmed) ?? URL_UNPARSEABLE;
    }
    return new URL(trimmed);
  } catch {
    return URL_UNPARSEABLE;
  }
}
var asciiTabOrNewline = /[\t\n\r]/g;
function stripTabAndNewline(value) {
  return value.replace(asciiTabOrNewline, "");
}
function urlHostnameOk(url2, hostname) {
  return hostname.lastIndex = 0, hostname.test(url2.hostname);
}
function urlProtocolOk(url2, protocol) {
  return protocol.lastIndex = 0, protocol.test(url2.protocol.endsWith(":") ? url2.protocol.slice(0, -1) : url2.protocol);
}
var $ZodURL = /* @__PURE__ */ $constructor("$ZodURL", (inst, def) => {
  $ZodStringFormat.init(inst, def), inst._zod.check = (payload) => {
    try {
      let trimmed = payload.value.trim(), url2 = validateURL(trimmed, def);
      if (url2 === URL_BAD_FORMAT) {
        payload.issues.push({
          code: "invalid_format",
          format: "url",
          note: "Invalid URL format",
          input: payload.value,
          inst,
          continue: !def.abort
        });
        return;
      }
      if (url2 === URL_UNPARSEABLE) {
        payload.issues.push({
          code: "invalid_format",
          format: "url",
          input: payload.value,
          inst,
          continue: !def.abort
        });
        return;
      }
      if (url2 === !0) {
        payload.value = stripTabAndNewline(trimmed);
        return;
      }
      def.hostname && !urlHostnameOk(url2, def.hostname) && payload.issues.push({
        code: "invalid_format",
        format: "url",
        note: "Invalid hostname",
        pattern: def.hostname.source,
        input: payload.value,
        inst,
        continue: !def.abort
      }), def.protocol && !urlProtocolOk(url2, def.protocol) && payload.issues.push({
        code: "invalid_format",
        format: "url",
        note: "Invalid protocol",
        pattern: def.protocol.source,
        input: payload.value,
        inst,
        continue: !def.abort
      }), payload.value = def.normalize ? url2.href : stripTabAndNewline(trimmed);
      return;
    } catch {
      payload.issues.push({
        code: "invalid_format",
        format: "url",
        input: payload.value,
        inst,
        continue: !def.abort
      });
    }
  };
});
var $ZodISODateTime = /* @__PURE__ */ $constructor("$ZodISODateTime", (inst, def) => {
  def.pattern ?? (def.pattern = datetime(def)), $ZodStringFormat.init(inst, def);
}), $ZodISODate = /* @__PURE__ */ $constructor("$ZodISODate", (inst, def) => {
  def.pattern ?? (def.pattern = date), $ZodStringFormat.init(inst, def);
}), $ZodISOTime = /* @__PURE__ */ $constructor("$ZodISOTime", (inst, def) => {
  def.pattern ?? (def.pattern = time(def)), $ZodStringFormat.init(inst, def);
}), $ZodISODuration = /* @__PURE__ */ $constructor("$ZodISODuration", (inst, def) => {
  def.pattern ?? (def.pattern = duration), $ZodStringFormat.init(inst, def);
});
var $ZodNumber = /* @__PURE__ */ $constructor("$ZodNumber", (inst, def) => {
  $ZodType.init(inst, def), inst._zod.pattern = number, inst._zod.parse = (payload, _ctx) => {
    if (def.coerce)
      try {
        payload.value = Number(payload.value);
      } catch {
      }
    let input = payload.value;
    if (typeof input == "number" && !Number.isNaN(input) && Number.isFinite(input))
      return payload;
    let received = typeof input == "number" ? Number.isNaN(input) ? "NaN" : Number.isFinite(input) ? void 0 : String(input) : void 0;
    return payload.issues.push({
      expected: "number",
      code: "invalid_type",
      input,
      inst,
      ...received ? { received } : {}
    }), payload;
  };
}), $ZodNumberFormat = /* @__PURE__ */ $constructor("$ZodNumberFormat", (inst, def) => {
  $ZodCheckNumberFormat.init(inst, def), $ZodNumber.init(inst, def);
}), $ZodBoolean = /* @__PURE__ */ $constructor("$ZodBoolean", (inst, def) => {
  $ZodType.init(inst, def), inst._zod.pattern = boolean, inst._zod.parse = (payload, _ctx) => {
    if (def.coerce)
      try {
        payload.value = !!payload.value;
      } catch {
      }
    let input = payload.value;
    return typeof input == "boolean" || payload.issues.push({
      expected: "boolean",
      code: "invalid_type",
      input,
      inst
    }), payload;
  };
});
var $ZodNull = /* @__PURE__ */ $constructor("$ZodNull", (inst, def) => {
  $ZodType.init(inst, def), inst._zod.pattern = _null, inst._zod.values = /* @__PURE__ */ new Set([null]), inst._zod.parse = (payload, _ctx) => {
    let input = payload.value;
    return input === null || payload.issues.push({
      expected: "null",
      code: "invalid_type",
      input,
      inst
    }), payload;
  };
});
var $ZodNever = /* @__PURE__ */ $constructor("$ZodNever", (inst, def) => {
  $ZodType.init(inst, def), inst._zod.parse = (payload, _ctx) => (payload.issues.push({
    expected: "never",
    code: "invalid_type",
    input: payload.value,
    inst
  }), payload);
});
function capSize(inst, size) {
  let caps = sizeCaps(inst._zod.def.checks);
  if (!caps.length)
    return;
  let cap = Math.min(...caps.map((c) => c[0])), parse2 = inst._zod.parse;
  inst._zod.parse = (payload, ctx) => {
    let n = size(payload.value);
    if (n > cap && !ctx?.skipChecks && ctx?.direction !== "backward") {
      for (let [max, ch] of sizeCaps(inst._zod.def.checks))
        if (n > max && ch._zod.def.when(payload)) {
          let start = payload.issues.length;
          return ch._zod.check(payload), payload.issues[start].continue = !1, attachSchema(payload.issues, start, inst), payload;
        }
    }
    return parse2(payload, ctx);
  };
}
var arraySize = (input) => Array.isArray(input) ? input.length : -1;
function handleArrayResult(result, final, index) {
  result.issues.length && final.issues.push(...prefixIssues(index, result.issues)), final.value[index] = result.value;
}
var $ZodArray = /* @__PURE__ */ $constructor("$ZodArray", (inst, def) => {
  $ZodType.init(inst, def);
  let memo = globalConfig.memoizer;
  memo?.attach(inst), inst._zod.parse = (payload, ctx) => {
    let input = payload.value;
    if (!Array.isArray(input))
      return payload.issues.push({
        expected: "array",
        code: "invalid_type",
        input,
        inst
      }), payload;
    payload.value = memo ? memo.alloc(inst, payload, Array(input.length), ctx) : Array(input.length);
    let proms = [], abortEarly = ctx?.abortEarly;
    for (let i = 0; i < input.length; i++) {
      let item = input[i], result = def.element._zod.run({
        value: item,
        issues: []
      }, ctx);
      if (result instanceof Promise)
        proms.push(result.then((result2) => handleArrayResult(result2, payload, i)));
      else if (handleArrayResult(result, payload, i), abortEarly && result.issues.length !== 0 && aborted(result))
        break;
    }
    return proms.length ? Promise.all(proms).then(() => payload) : payload;
  }, capSize(inst, arraySize);
});
function handlePropertyResult(result, final, key, input, optin, optout) {
  let isPresent = key in input, isOptionalOut = optout === "optional";
  if (!(!isPresent && isOptionalOut && optin === "optional")) {
    if (result.issues.length) {
      if (optin !== void 0 && isOptionalOut && !isPresent)
        return;
      final.issues.push(...prefixIssues(key, result.issues));
    }
    if (!isPresent && optin === void 0) {
      result.issues.length || final.issues.push({
        code: "invalid_type",
        expected: "nonoptional",
        input: void 0,
        path: [key]
      });
      return;
    }
    result.value === void 0 ? (isPresent || optin === "defaulted" && !isOptionalOut) && (final.value[key] = void 0) : final.value[key] = result.value;
  }
}
var NO_SYMBOL_KEYS = [];
function normalizeDef(def) {
  let keys = Object.keys(def.shape), ownSymbols = Object.getOwnPropertySymbols(def.shape), symbolKeys = ownSymbols.length ? ownSymbols : NO_SYMBOL_KEYS, allKeys = symbolKeys.length ? [...keys, ...symbolKeys] : keys;
  for (let k of allKeys)
    if (!def.shape?.[k]?._zod?.traits?.has("$ZodType"))
      throw new Error(`Invalid element at key "${String(k)}": expected a Zod schema`);
  let okeys = optionalKeys(def.shape);
  return {
    ...def,
    allKeys,
    symbolKeys,
    // string-only: handleCatchall matches it against `for...in`, which never yields a symbol
    keySet: new Set(keys),
    numKeys: keys.length,
    optionalKeys: new Set(okeys)
  };
}
function handleCatchall(proms, input, payload, ctx, def, inst, abortEarly) {
  let unrecognized = [], keySet = def.keySet, _catchall = def.catchall._zod, t = _catchall.def.type, optin = _catchall.optin, optout = _catchall.optout, seen = 0;
  for (let key in input) {
    if (abortEarly && payload.issues.length !== seen) {
      if (aborted(payload, seen))
        break;
      seen = payload.issues.length;
    }
    if (keySet.has(key))
      continue;
    if (key === "__proto__") {
      t === "never" && unrecognized.push(key);
      continue;
    }
    if (t === "never") {
      unrecognized.push(key);
      continue;
    }
    let r = _catchall.run({ value: input[key], issues: [] }, ctx);
    r instanceof Promise ? proms.push(r.then((r2) => handlePropertyResult(r2, payload, key, input, optin, optout))) : handlePropertyResult(r, payload, key, input, optin, optout);
  }
  return unrecognized.length && payload.issues.push({
    code: "unrecognized_keys",
    keys: unrecognized,
    input,
    inst,
    // Describes the shape of the input, not the validity of the parsed value, so it never aborts. The parse still fails; the schema's own checks just get to run first, and an enclosing intersection can reconcile the key against a sibling operand.
    continue: !0
  }), proms.length ? Promise.all(proms).then(() => payload) : payload;
}
var $ZodObject = /* @__PURE__ */ $constructor("$ZodObject", (inst, def) => {
  $ZodType.init(inst, def);
  let desc = Object.getOwnPropertyDescriptor(def, "shape"), sh = desc?.get ? desc.get.raw : def.shape ?? {};
  if (sh) {
    let get = () => {
      let newSh = { ...sh };
      return Object.defineProperty(def, "shape", { value: newSh }), get.raw = newSh, newSh;
    };
    get.raw = sh, Object.defineProperty(def, "shape", { get });
  }
  let _normalized = cached(() => normalizeDef(def));
  defineLazyInternal(inst, "propValues", (zod) => {
    let shape = zod.def.shape, propValues = {};
    for (let key in shape) {
      let field = shape[key]._zod;
      if (field.values) {
        Object.prototype.hasOwnProperty.call(propValues, key) || assignProp(propValues, key, /* @__PURE__ */ new Set());
        for (let v of field.values)
          propValues[key].add(v);
        field.optin !== void 0 && propValues[key].add(void 0);
      }
    }
    return propValues;
  });
  let isObject3 = isObject, catchall = def.catchall, value, memo = globalConfig.memoizer;
  memo?.attach(inst), inst._zod.parse = (payload, ctx) => {
    value ?? (value = _normalized.value);
    let input = payload.value;
    if (!isObject3(input))
      return payload.issues.push({
        expected: "object",
        code: "invalid_type",
        input,
        inst
      }), payload;
    payload.value = memo ? memo.alloc(inst, payload, {}, ctx) : {};
    let proms = [], shape = value.shape, abortEarly = ctx?.abortEarly, seen = payload.issues.length;
    for (let key of value.allKeys) {
      if (abortEarly && payload.issues.length !== seen) {
        if (aborted(payload, seen))
          break;
        seen = payload.issues.length;
      }
      if (key === "__proto__")
        continue;
      let el = shape[key], optin = el._zod.optin, optout = el._zod.optout, r = el._zod.run({ value: input[key], issues: [] }, ctx);
      r instanceof Promise ? proms.push(r.then((r2) => handlePropertyResult(r2, payload, key, input, optin, optout))) : handlePropertyResult(r, payload, key, input, optin, optout);
    }
    return catchall ? handleCatchall(proms, input, payload, ctx, _normalized.value, inst, abortEarly === !0) : proms.length ? Promise.all(proms).then(() => payload) : payload;
  };
});
function handleUnionResults(results, final, inst, ctx) {
  for (let result of results)
    if (result.issues.length === 0)
      return final.value = result.value, final;
  let nonaborted = results.filter((r) => !aborted(r));
  return nonaborted.length === 1 ? (final.value = nonaborted[0].value, nonaborted[0]) : (final.issues.push({
    code: "invalid_union",
    input: final.value,
    inst,
    errors: results.map((result) => result.issues.map((iss) => finalizeIssue(iss, ctx, config())))
  }), final);
}
var $ZodUnion = /* @__PURE__ */ $constructor("$ZodUnion", (inst, def) => {
  $ZodType.init(inst, def), defineLazyInternal(inst, "optin", (zod) => zod.def.options.some((o) => o._zod.optin === "defaulted") ? "defaulted" : zod.def.options.some((o) => o._zod.optin !== void 0) ? "optional" : void 0), defineLazyInternal(inst, "optout", (zod) => zod.def.options.some((o) => o._zod.optout === "optional") ? "optional" : void 0), defineLazyInternal(inst, "values", (zod) => {
    if (zod.def.options.every((o) => o._zod.values))
      return new Set(zod.def.options.flatMap((option) => Array.from(option._zod.values)));
  }), defineLazyInternal(inst, "pattern", (zod) => {
    if (zod.def.options.every((o) => o._zod.pattern)) {
      let patterns = zod.def.options.map((o) => o._zod.pattern);
      return new RegExp(`^(${patterns.map((p) => cleanRegex(p.source)).join("|")})$`);
    }
  });
  let first = def.options.length === 1 ? def.options[0]._zod.run : null;
  inst._zod.parse = (payload, ctx) => {
    if (first)
      return first(payload, ctx);
    let async = !1, results = [];
    for (let option of def.options) {
      let result = option._zod.run({
        value: payload.value,
        issues: []
      }, ctx);
      if (result instanceof Promise)
        results.push(result), async = !0;
      else {
        if (result.issues.length === 0)
          return result;
        results.push(result);
      }
    }
    return async ? Promise.all(results).then((results2) => handleUnionResults(results2, payload, inst, ctx)) : handleUnionResults(results, payload, inst, ctx);
  };
});
function discriminatorMap(def) {
  let map = /* @__PURE__ */ new Map();
  for (let option of def.options) {
    let values = option._zod.propValues?.[def.discriminator];
    if (!values || values.size === 0)
      throw new Error(`Invalid discriminated union option at index "${def.options.indexOf(option)}"`);
    for (let value of values)
      if (map.has(value)) {
        if (value !== void 0)
          throw new Error(`Duplicate discriminator value "${String(value)}"`);
        map.set(value, null);
      } else
        map.set(value, option);
  }
  return map;
}
var $ZodDiscriminatedUnion = /* @__PURE__ */ $constructor("$ZodDiscriminatedUnion", (inst, def) => {
  def.inclusive = !1, $ZodUnion.init(inst, def);
  let _super = inst._zod.parse;
  defineLazyInternal(inst, "propValues", (zod) => {
    let propValues = {}, undefinedCount = 0;
    for (let option of zod.def.options) {
      let pv = option._zod.propValues;
      if (!pv || Object.keys(pv).length === 0)
        throw new Error(`Invalid discriminated union option at index "${zod.def.options.indexOf(option)}"`);
      pv[zod.def.discriminator]?.has(void 0) && undefinedCount++;
      for (let [k, v] of Object.entries(pv)) {
        Object.prototype.hasOwnProperty.call(propValues, k) || assignProp(propValues, k, /* @__PURE__ */ new Set());
        for (let val of v)
          propValues[k].add(val);
      }
    }
    return !zod.def.unionFallback && undefinedCount > 1 && propValues[zod.def.discriminator]?.delete(void 0), propValues;
  }), def.options.forEach((option, i) => {
    let propShape = rawShape(option._zod.def);
    if (propShape && !Object.prototype.hasOwnProperty.call(propShape, def.discriminator))
      throw new Error(`Invalid discriminated union option at index "${i}"`);
  });
  let disc = cached(() => discriminatorMap(def));
  inst._zod.parse = (payload, ctx) => {
    let input = payload.value;
    if (!isObject(input))
      return payload.issues.push({
        code: "invalid_type",
        expected: "object",
        input,
        inst
      }), payload;
    let value = input?.[def.discriminator], opt = disc.value.get(value);
    return opt && (value !== void 0 || ctx.direction !== "backward") ? opt._zod.run(payload, ctx) : def.unionFallback || ctx.direction === "backward" ? _super(payload, ctx) : (payload.issues.push({
      code: "invalid_union",
      errors: [],
      note: "No matching discriminator",
      discriminator: def.discriminator,
      options: Array.from(disc.value.keys()).filter((value2) => disc.value.get(value2) !== null),
      input,
      path: [def.discriminator],
      inst
    }), payload);
  };
});
var $ZodTuple = /* @__PURE__ */ $constructor("$ZodTuple", (inst, def) => {
  $ZodType.init(inst, def);
  let items = def.items, memo = globalConfig.memoizer;
  memo?.attach(inst), inst._zod.parse = (payload, ctx) => {
    let input = payload.value;
    if (!Array.isArray(input))
      return payload.issues.push({
        input,
        inst,
        expected: "tuple",
        code: "invalid_type"
      }), payload;
    payload.value = memo ? memo.alloc(inst, payload, [], ctx) : [];
    let proms = [], optinStart = getTupleOptStart(items, "optin"), optoutStart = getTupleOptStart(items, "optout");
    if (!def.rest) {
      if (input.length < optinStart)
        return payload.issues.push({
          code: "too_small",
          minimum: optinStart,
          inclusive: !0,
          input,
          inst,
          origin: "array"
        }), payload;
      input.length > items.length && payload.issues.push({
        code: "too_big",
        maximum: items.length,
        inclusive: !0,
        input,
        inst,
        origin: "array"
      });
    }
    let itemResults = new Array(items.length), abortEarly = def.rest ? ctx?.abortEarly : void 0, itemAborted = !1;
    for (let i = 0; i < items.length; i++) {
      let r = items[i]._zod.run({ value: input[i], issues: [] }, ctx);
      r instanceof Promise ? proms.push(r.then((rr) => {
        itemResults[i] = rr;
      })) : (itemResults[i] = r, abortEarly && !itemAborted && r.issues.length && (itemAborted = aborted(r)));
    }
    if (def.rest && !itemAborted) {
      let i = items.length - 1, rest = input.slice(items.length), seen = payload.issues.length;
      for (let el of rest) {
        if (abortEarly && payload.issues.length !== seen) {
          if (aborted(payload, seen))
            break;
          seen = payload.issues.length;
        }
        i++;
        let result = def.rest._zod.run({ value: el, issues: [] }, ctx);
        result instanceof Promise ? proms.push(result.then((r) => handleTupleResult(r, payload, i))) : handleTupleResult(result, payload, i);
      }
    }
    return proms.length ? Promise.all(proms).then(() => handleTupleResults(itemResults, payload, items, input, optoutStart)) : handleTupleResults(itemResults, payload, items, input, optoutStart);
  };
});
function getTupleOptStart(items, key) {
  for (let i = items.length - 1; i >= 0; i--)
    if (!(key === "optin" ? items[i]._zod.optin !== void 0 : items[i]._zod.optout === "optional"))
      return i + 1;
  return 0;
}
function handleTupleResult(result, final, index) {
  result.issues.length && final.issues.push(...prefixIssues(index, result.issues)), final.value[index] = result.value;
}
function handleTupleResults(itemResults, final, items, input, optoutStart) {
  for (let i = 0; i < items.length; i++) {
    let r = itemResults[i], isPresent = i < input.length;
    if (!isPresent && i >= optoutStart && items[i]._zod.optin === "optional") {
      final.value.length = i;
      break;
    }
    if (r.issues.length) {
      if (!isPresent && i >= optoutStart) {
        final.value.length = i;
        break;
      }
      final.issues.push(...prefixIssues(i, r.issues));
    }
    final.value[i] = r.value;
  }
  for (let i = final.value.length - 1; i >= input.length && (items[i]._zod.optout === "optional" && final.value[i] === void 0); i--)
    final.value.length = i;
  return final;
}
var $ZodRecord = /* @__PURE__ */ $constructor("$ZodRecord", (inst, def) => {
  $ZodType.init(inst, def);
  let memo = globalConfig.memoizer;
  memo?.attach(inst), inst._zod.parse = (payload, ctx) => {
    let input = payload.value;
    if (!isPlainObject(input))
      return payload.issues.push({
        expected: "record",
        code: "invalid_type",
        input,
        inst
      }), payload;
    let proms = [], values = def.keyType._zod.values;
    if (values && !def.partial) {
      payload.value = memo ? memo.alloc(inst, payload, {}, ctx) : {};
      let recordKeys = /* @__PURE__ */ new Set();
      for (let key of values)
        if (typeof key == "string" || typeof key == "number" || typeof key == "symbol") {
          if (recordKeys.add(typeof key == "number" ? key.toString() : key), key === "__proto__")
            continue;
          let keyResult = def.keyType._zod.run({ value: key, issues: [] }, ctx);
          if (keyResult instanceof Promise)
            throw new Error("Async schemas not supported in object keys currently");
          if (keyResult.issues.length) {
            payload.issues.push({
              code: "invalid_key",
              origin: "record",
              issues: keyResult.issues.map((iss) => finalizeIssue(iss, ctx, config())),
              input: key,
              path: [key],
              inst
            });
            continue;
          }
          let outKey = keyResult.value;
          if (outKey === "__proto__")
            continue;
          let result = def.valueType._zod.run({ value: input[key], issues: [] }, ctx);
          result instanceof Promise ? proms.push(result.then((result2) => {
            result2.issues.length && payload.issues.push(...prefixIssues(key, result2.issues)), payload.value[outKey] = result2.value;
          })) : (result.issues.length && payload.issues.push(...prefixIssues(key, result.issues)), payload.value[outKey] = result.value);
        }
      let unrecognized;
      for (let key in input)
        if (!recordKeys.has(key))
          if (def.mode === "loose") {
            if (key === "__proto__")
              continue;
            payload.value[key] = input[key];
          } else
            unrecognized = unrecognized ?? [], unrecognized.push(key);
      unrecognized && unrecognized.length > 0 && payload.issues.push({
        code: "unrecognized_keys",
        input,
        inst,
        keys: unrecognized,
        continue: !0
      });
    } else {
      payload.value = memo ? memo.alloc(inst, payload, {}, ctx) : {};
      let unrecognized;
      for (let key of Reflect.ownKeys(input)) {
        if (key === "__proto__" || !Object.prototype.propertyIsEnumerable.call(input, key))
          continue;
        let keyResult = def.keyType._zod.run({ value: key, issues: [] }, ctx);
        if (keyResult instanceof Promise)
          throw new Error("Async schemas not supported in object keys currently");
        if (typeof key == "string" && number.test(key) && keyResult.issues.length) {
          let retryResult = def.keyType._zod.run({ value: Number(key), issues: [] }, ctx);
          if (retryResult instanceof Promise)
            throw new Error("Async schemas not supported in object keys currently");
          retryResult.issues.length === 0 && (keyResult = retryResult);
        }
        if (keyResult.issues.length) {
          def.mode === "loose" ? payload.value[key] = input[key] : values ? (unrecognized = unrecognized ?? [], unrecognized.push(key)) : payload.issues.push({
            code: "invalid_key",
            origin: "record",
            issues: keyResult.issues.map((iss) => finalizeIssue(iss, ctx, config())),
            input: key,
            path: [key],
            inst
          });
          continue;
        }
        let outKey = keyResult.value;
        if (outKey === "__proto__")
          continue;
        let result = def.valueType._zod.run({ value: input[key], issues: [] }, ctx);
        result instanceof Promise ? proms.push(result.then((result2) => {
          result2.issues.length && payload.issues.push(...prefixIssues(key, result2.issues)), payload.value[outKey] = result2.value;
        })) : (result.issues.length && payload.issues.push(...prefixIssues(key, result.issues)), payload.value[outKey] = result.value);
      }
      unrecognized && unrecognized.length > 0 && payload.issues.push({
        code: "unrecognized_keys",
        input,
        inst,
        keys: unrecognized,
        continue: !0
      });
    }
    return proms.length ? Promise.all(proms).then(() => payload) : payload;
  };
});
var $ZodEnum = /* @__PURE__ */ $constructor("$ZodEnum", (inst, def) => {
  $ZodType.init(inst, def);
  let values = getEnumValues(def.entries), valuesSet = new Set(values);
  inst._zod.values = valuesSet, defineLazyInternal(inst, "pattern", (zod) => {
    let patternValues = getEnumValues(zod.def.entries).filter((k) => propertyKeyTypes.has(typeof k));
    return new RegExp(patternValues.length ? `^(${patternValues.map((o) => escapeRegex(o.toString())).join("|")})$` : "^[^\\s\\S]$");
  }), inst._zod.parse = (payload, _ctx) => {
    let input = payload.value;
    return valuesSet.has(input) || payload.issues.push({
      code: "invalid_value",
      values,
      input,
      inst
    }), payload;
  };
}), $ZodLiteral = /* @__PURE__ */ $constructor("$ZodLiteral", (inst, def) => {
  $ZodType.init(inst, def);
  let values = new Set(def.values);
  inst._zod.values = values, defineLazyInternal(inst, "pattern", (zod) => {
    let vals = zod.def.values;
    return new RegExp(vals.length ? `^(${vals.map((o) => typeof o == "string" ? escapeRegex(o) : o ? escapeRegex(o.toString()) : String(o)).join("|")})$` : "^[^\\s\\S]$");
  }), inst._zod.parse = (payload, _ctx) => {
    let input = payload.value;
    return values.has(input) || payload.issues.push({
      code: "invalid_value",
      values: def.values,
      input,
      inst
    }), payload;
  };
});
var $ZodTransform = /* @__PURE__ */ $constructor("$ZodTransform", (inst, def) => {
  $ZodType.init(inst, def), inst._zod.optin = "optional", globalConfig.memoizer?.guard(inst), inst._zod.parse = (payload, ctx) => {
    if (ctx.direction === "backward")
      throw new $ZodEncodeError(inst.constructor.name);
    let _out = def.transform(payload.value, payload);
    if (ctx.async)
      return (_out instanceof Promise ? _out : Promise.resolve(_out)).then((output2) => (payload.value = output2, payload));
    if (_out instanceof Promise)
      throw new $ZodAsyncError();
    return payload.value = _out, payload;
  };
});
function handleOptionalResult(payload, result) {
  return payload.value = result.issues.length ? void 0 : result.value, payload;
}
var $ZodOptional = /* @__PURE__ */ $constructor("$ZodOptional", (inst, def) => {
  $ZodType.init(inst, def), defineLazyInternal(inst, "optin", (zod) => zod.def.innerType._zod.optin === "defaulted" ? "defaulted" : "optional"), inst._zod.optout = "optional", defineLazyInternal(inst, "values", (zod) => {
    let values = zod.def.innerType._zod.values;
    return values ? /* @__PURE__ */ new Set([...values, void 0]) : void 0;
  }), defineLazyInternal(inst, "pattern", (zod) => {
    let pattern = zod.def.innerType._zod.pattern;
    return pattern ? new RegExp(`^(${cleanRegex(pattern.source)})?$`) : void 0;
  }), inst._zod.parse = (payload, ctx) => {
    if (payload.value === void 0) {
      if (def.innerType._zod.optin !== "defaulted")
        return payload;
      let result = def.innerType._zod.run({ value: payload.value, issues: [] }, ctx);
      return result instanceof Promise ? result.then((result2) => handleOptionalResult(payload, result2)) : handleOptionalResult(payload, result);
    }
    return def.innerType._zod.run(payload, ctx);
  };
});
var $ZodNullable = /* @__PURE__ */ $constructor("$ZodNullable", (inst, def) => {
  $ZodType.init(inst, def), defineLazyInternal(inst, "optin", (zod) => zod.def.innerType._zod.optin), defineLazyInternal(inst, "optout", (zod) => zod.def.innerType._zod.optout), defineLazyInternal(inst, "pattern", (zod) => {
    let pattern = zod.def.innerType._zod.pattern;
    return pattern ? new RegExp(`^(${cleanRegex(pattern.source)}|null)$`) : void 0;
  }), defineLazyInternal(inst, "values", (zod) => zod.def.innerType._zod.values ? /* @__PURE__ */ new Set([...zod.def.innerType._zod.values, null]) : void 0), inst._zod.parse = (payload, ctx) => payload.value === null ? payload : def.innerType._zod.run(payload, ctx);
}), $ZodDefault = /* @__PURE__ */ $constructor("$ZodDefault", (inst, def) => {
  $ZodType.init(inst, def), inst._zod.optin = "defaulted", defineLazyInternal(inst, "values", (zod) => zod.def.innerType._zod.values), inst._zod.parse = (payload, ctx) => {
    if (ctx.direction === "backward")
      return def.innerType._zod.run(payload, ctx);
    if (payload.value === void 0)
      return payload.value = def.defaultValue, payload;
    let result = def.innerType._zod.run(payload, ctx);
    return result instanceof Promise ? result.then((result2) => handleDefaultResult(result2, def)) : handleDefaultResult(result, def);
  };
});
function handleDefaultResult(payload, def) {
  return payload.value === void 0 && (payload.value = def.defaultValue), payload;
}
var $ZodPrefault = /* @__PURE__ */ $constructor("$ZodPrefault", (inst, def) => {
  $ZodType.init(inst, def), inst._zod.optin = "defaulted", defineLazyInternal(inst, "values", (zod) => zod.def.innerType._zod.values), inst._zod.parse = (payload, ctx) => (ctx.direction === "backward" || payload.value === void 0 && (payload.value = def.defaultValue), def.innerType._zod.run(payload, ctx));
});
var $ZodPipe = /* @__PURE__ */ $constructor("$ZodPipe", (inst, def) => {
  $ZodType.init(inst, def), defineLazyInternal(inst, "values", (zod) => zod.def.in._zod.values), defineLazyInternal(inst, "optin", (zod) => zod.def.in._zod.optin), defineLazyInternal(inst, "optout", (zod) => zod.def.out._zod.optout), defineLazyInternal(inst, "propValues", (zod) => zod.def.in._zod.propValues), inst._zod.parse = (payload, ctx) => {
    if (ctx.direction === "backward") {
      let right = def.out._zod.run(payload, ctx);
      return right instanceof Promise ? right.then((right2) => handlePipeResult(right2, def.in, ctx)) : handlePipeResult(right, def.in, ctx);
    }
    let left = def.in._zod.run(payload, ctx);
    return left instanceof Promise ? left.then((left2) => handlePipeResult(left2, def.out, ctx)) : handlePipeResult(left, def.out, ctx);
  };
});
function handlePipeResult(left, next, ctx) {
  return left.issues.some((iss) => iss.code !== "unrecognized_keys") ? (left.aborted = !0, left) : next._zod.run({ value: left.value, issues: left.issues }, ctx);
}
var $ZodCustom = /* @__PURE__ */ $constructor("$ZodCustom", (inst, def) => {
  $ZodCheck.init(inst, def), $ZodType.init(inst, def), inst._zod.parse = (payload, _) => payload, inst._zod.check = (payload) => {
    let input = payload.value, r = def.fn(input);
    if (r instanceof Promise)
      return r.then((r2) => handleRefineResult(r2, payload, input, inst));
    handleRefineResult(r, payload, input, inst);
  };
});
function handleRefineResult(result, payload, input, inst) {
  if (!result) {
    let _iss = {
      code: "custom",
      input,
      inst,
      // incorporates params.error into issue reporting
      path: [...inst._zod.def.path ?? []],
      // incorporates params.error into issue reporting
      continue: !inst._zod.def.abort
      // params: inst._zod.def.params,
    };
    inst._zod.def.params && (_iss.params = inst._zod.def.params), payload.issues.push(issue(_iss));
  }
}

// node_modules/zod/v4/core/registries.js
var _a2;
var $ZodRegistry = class {
  constructor() {
    this._map = /* @__PURE__ */ new WeakMap(), this._idmap = /* @__PURE__ */ new Map();
  }
  add(schema, ..._meta) {
    let meta2 = _meta[0];
    return this._map.set(schema, meta2), meta2 && typeof meta2 == "object" && "id" in meta2 && this._idmap.set(meta2.id, schema), this;
  }
  clear() {
    return this._map = /* @__PURE__ */ new WeakMap(), this._idmap = /* @__PURE__ */ new Map(), this;
  }
  remove(schema) {
    let meta2 = this._map.get(schema);
    return meta2 && typeof meta2 == "object" && "id" in meta2 && this._idmap.delete(meta2.id), this._map.delete(schema), this;
  }
  get(schema) {
    let p = schema._zod.parent;
    if (p) {
      let pm = { ...this.get(p) ?? {} };
      delete pm.id;
      let f = { ...pm, ...this._map.get(schema) };
      return Object.keys(f).length ? f : void 0;
    }
    return this._map.get(schema);
  }
  has(schema) {
    return this._map.has(schema);
  }
};
function registry() {
  return new $ZodRegistry();
}
(_a2 = globalThis).__zod_globalRegistry ?? (_a2.__zod_globalRegistry = registry());
var globalRegistry = globalThis.__zod_globalRegistry;

// node_modules/zod/v4/core/api.js
function snapshotChecks(def) {
  return def.checks && (def.checks = [...def.checks]), def;
}
// @__NO_SIDE_EFFECTS__
function _string(Class, params) {
  return new Class(snapshotChecks({ type: "string", ...normalizeParams(params) }));
}
// @__NO_SIDE_EFFECTS__
function _url(Class, params) {
  return new Class({
    type: "string",
    format: "url",
    check: "string_format",
    abort: !1,
    ...normalizeParams(params)
  });
}
// @__NO_SIDE_EFFECTS__
function _isoDateTime(Class, params) {
  return new Class({
    type: "string",
    format: "datetime",
    check: "string_format",
    offset: !1,
    local: !1,
    precision: null,
    ...normalizeParams(params)
  });
}
// @__NO_SIDE_EFFECTS__
function _isoDate(Class, params) {
  return new Class({
    type: "string",
    format: "date",
    check: "string_format",
    ...normalizeParams(params)
  });
}
// @__NO_SIDE_EFFECTS__
function _isoTime(Class, params) {
  return new Class({
    type: "string",
    format: "time",
    check: "string_format",
    precision: null,
    ...normalizeParams(params)
  });
}
// @__NO_SIDE_EFFECTS__
function _isoDuration(Class, params) {
  return new Class({
    type: "string",
    format: "duration",
    check: "string_format",
    ...normalizeParams(params)
  });
}
// @__NO_SIDE_EFFECTS__
function _number(Class, params) {
  return new Class(snapshotChecks({ type: "number", checks: [], ...normalizeParams(params) }));
}
// @__NO_SIDE_EFFECTS__
function _int(Class, params) {
  return new Class({
    type: "number",
    check: "number_format",
    abort: !1,
    format: "safeint",
    ...normalizeParams(params)
  });
}
// @__NO_SIDE_EFFECTS__
function _boolean(Class, params) {
  return new Class({
    type: "boolean",
    ...normalizeParams(params)
  });
}
// @__NO_SIDE_EFFECTS__
function _null2(Class, params) {
  return new Class({
    type: "null",
    ...normalizeParams(params)
  });
}
// @__NO_SIDE_EFFECTS__
function _never(Class, params) {
  return new Class({
    type: "never",
    ...normalizeParams(params)
  });
}
// @__NO_SIDE_EFFECTS__
function _lte(value, params) {
  return new $ZodCheckLessThan({
    check: "less_than",
    ...normalizeParams(params),
    value,
    inclusive: !0
  });
}
// @__NO_SIDE_EFFECTS__
function _gt(value, params) {
  return new $ZodCheckGreaterThan({
    check: "greater_than",
    ...normalizeParams(params),
    value,
    inclusive: !1
  });
}
// @__NO_SIDE_EFFECTS__
function _gte(value, params) {
  return new $ZodCheckGreaterThan({
    check: "greater_than",
    ...normalizeParams(params),
    value,
    inclusive: !0
  });
}
// @__NO_SIDE_EFFECTS__
function _positive(params) {
  return /* @__PURE__ */ _gt(0, params);
}
// @__NO_SIDE_EFFECTS__
function _nonnegative(params) {
  return /* @__PURE__ */ _gte(0, params);
}
// @__NO_SIDE_EFFECTS__
function _maxLength(maximum, params) {
  return new $ZodCheckMaxLength({
    check: "max_length",
    ...normalizeParams(params),
    maximum
  });
}
// @__NO_SIDE_EFFECTS__
function _minLength(minimum, params) {
  return new $ZodCheckMinLength({
    check: "min_length",
    ...normalizeParams(params),
    minimum
  });
}
// @__NO_SIDE_EFFECTS__
function _regex(pattern, params) {
  return new $ZodCheckRegex({
    check: "string_format",
    format: "regex",
    ...normalizeParams(params),
    pattern
  });
}
// @__NO_SIDE_EFFECTS__
function _overwrite(tx) {
  return new $ZodCheckOverwrite({
    check: "overwrite",
    tx
  });
}
// @__NO_SIDE_EFFECTS__
function _trim() {
  return /* @__PURE__ */ _overwrite((input) => input.trim());
}
// @__NO_SIDE_EFFECTS__
function _refine(Class, fn, _params) {
  return new Class({
    type: "custom",
    check: "custom",
    fn,
    ...normalizeParams(_params)
  });
}

// node_modules/zod/v4/mini/schemas.js
var ZodMiniType = /* @__PURE__ */ $constructor("ZodMiniType", (inst, def) => {
  if (!inst._zod)
    throw new Error("Uninitialized schema in ZodMiniType.");
  $ZodType.init(inst, def), inst.def = def, inst.type = def.type;
}, {
  // `with` is an alias for `check`: the same function object, not a wrapper.
  get with() {
    return this.check;
  },
  set with(value) {
    own(this, "with", value);
  },
  parse(data, params) {
    return parse(this, data, params, { callee: this.parse });
  },
  parseAsync(data, params) {
    return parseAsync(this, data, params, { callee: this.parseAsync });
  },
  safeParse(data, params) {
    return safeParse(this, data, params);
  },
  safeParseAsync(data, params) {
    return safeParseAsync(this, data, params);
  },
  check(...checks) {
    let def = this.def;
    return this.clone({
      ...def,
      checks: [
        ...def.checks ?? [],
        ...checks.map((ch) => typeof ch == "function" ? { _zod: { check: ch, def: { check: "custom" }, onattach: [] } } : ch)
      ]
    }, { parent: !0 });
  },
  clone(_def, params) {
    return clone(this, _def, params);
  },
  brand() {
    return this;
  },
  register(reg, meta2) {
    return reg.add(this, meta2), this;
  },
  apply(fn, ...args) {
    return args.length === 0 ? fn(this) : fn(this, ...args);
  }
}), ZodMiniString = /* @__PURE__ */ $constructor("ZodMiniString", (inst, def) => {
  $ZodString.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function string2(params) {
  return _string(ZodMiniString, params);
}
var ZodMiniStringFormat = /* @__PURE__ */ $constructor("ZodMiniStringFormat", (inst, def) => {
  $ZodStringFormat.init(inst, def), ZodMiniString.init(inst, def);
});
var ZodMiniURL = /* @__PURE__ */ $constructor("ZodMiniURL", (inst, def) => {
  $ZodURL.init(inst, def), ZodMiniStringFormat.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function url(params) {
  return _url(ZodMiniURL, params);
}
var ZodMiniNumber = /* @__PURE__ */ $constructor("ZodMiniNumber", (inst, def) => {
  $ZodNumber.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function number2(params) {
  return _number(ZodMiniNumber, params);
}
var ZodMiniNumberFormat = /* @__PURE__ */ $constructor("ZodMiniNumberFormat", (inst, def) => {
  $ZodNumberFormat.init(inst, def), ZodMiniNumber.init(inst, def);
});
function int(params) {
  return _int(ZodMiniNumberFormat, params);
}
var ZodMiniBoolean = /* @__PURE__ */ $constructor("ZodMiniBoolean", (inst, def) => {
  $ZodBoolean.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function boolean2(params) {
  return _boolean(ZodMiniBoolean, params);
}
var ZodMiniNull = /* @__PURE__ */ $constructor("ZodMiniNull", (inst, def) => {
  $ZodNull.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function _null3(params) {
  return _null2(ZodMiniNull, params);
}
var ZodMiniNever = /* @__PURE__ */ $constructor("ZodMiniNever", (inst, def) => {
  $ZodNever.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function never(params) {
  return _never(ZodMiniNever, params);
}
var ZodMiniArray = /* @__PURE__ */ $constructor("ZodMiniArray", (inst, def) => {
  $ZodArray.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function array(element, params) {
  return new ZodMiniArray({
    type: "array",
    element,
    ...normalizeParams(params)
  });
}
var ZodMiniObject = /* @__PURE__ */ $constructor("ZodMiniObject", (inst, def) => {
  $ZodObject.init(inst, def), ZodMiniType.init(inst, def), installLazyProp(inst, "shape", (self) => self._zod.def.shape, !1);
});
// @__NO_SIDE_EFFECTS__
function object(shape, params) {
  let def = {
    type: "object",
    shape: shape ?? {},
    ...normalizeParams(params)
  };
  return new ZodMiniObject(def);
}
// @__NO_SIDE_EFFECTS__
function strictObject(shape, params) {
  return new ZodMiniObject({
    type: "object",
    shape,
    catchall: /* @__PURE__ */ never(),
    ...normalizeParams(params)
  });
}
// @__NO_SIDE_EFFECTS__
function extend2(schema, shape) {
  return extend(schema, shape);
}
var ZodMiniUnion = /* @__PURE__ */ $constructor("ZodMiniUnion", (inst, def) => {
  $ZodUnion.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function union(options, params) {
  return new ZodMiniUnion({
    type: "union",
    options,
    ...normalizeParams(params)
  });
}
var ZodMiniDiscriminatedUnion = /* @__PURE__ */ $constructor("ZodMiniDiscriminatedUnion", (inst, def) => {
  $ZodDiscriminatedUnion.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function discriminatedUnion(discriminator, options, params) {
  return new ZodMiniDiscriminatedUnion({
    type: "union",
    options,
    discriminator,
    ...normalizeParams(params)
  });
}
var ZodMiniTuple = /* @__PURE__ */ $constructor("ZodMiniTuple", (inst, def) => {
  $ZodTuple.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function tuple(items, _paramsOrRest, _params) {
  let hasRest = _paramsOrRest instanceof $ZodType, params = hasRest ? _params : _paramsOrRest, rest = hasRest ? _paramsOrRest : null;
  return new ZodMiniTuple({
    type: "tuple",
    items,
    rest,
    ...normalizeParams(params)
  });
}
var ZodMiniRecord = /* @__PURE__ */ $constructor("ZodMiniRecord", (inst, def) => {
  $ZodRecord.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function record(keyType, valueType, params) {
  return !valueType || !valueType._zod ? new ZodMiniRecord({
    type: "record",
    keyType: /* @__PURE__ */ string2(),
    valueType: keyType,
    ...normalizeParams(valueType)
  }) : new ZodMiniRecord({
    type: "record",
    keyType,
    valueType,
    ...normalizeParams(params)
  });
}
var ZodMiniEnum = /* @__PURE__ */ $constructor("ZodMiniEnum", (inst, def) => {
  $ZodEnum.init(inst, def), ZodMiniType.init(inst, def), inst.options = [...inst._zod.values];
});
// @__NO_SIDE_EFFECTS__
function _enum(values, params) {
  let entries = Array.isArray(values) ? Object.fromEntries(values.map((v) => [v, v])) : values;
  return new ZodMiniEnum({
    type: "enum",
    entries,
    ...normalizeParams(params)
  });
}
var ZodMiniLiteral = /* @__PURE__ */ $constructor("ZodMiniLiteral", (inst, def) => {
  $ZodLiteral.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function literal(value, params) {
  return new ZodMiniLiteral({
    type: "literal",
    values: Array.isArray(value) ? value : [value],
    ...normalizeParams(params)
  });
}
var ZodMiniTransform = /* @__PURE__ */ $constructor("ZodMiniTransform", (inst, def) => {
  $ZodTransform.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function transform(fn) {
  return new ZodMiniTransform({
    type: "transform",
    transform: fn
  });
}
var ZodMiniOptional = /* @__PURE__ */ $constructor("ZodMiniOptional", (inst, def) => {
  $ZodOptional.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function optional(innerType) {
  return new ZodMiniOptional({
    type: "optional",
    innerType
  });
}
var ZodMiniNullable = /* @__PURE__ */ $constructor("ZodMiniNullable", (inst, def) => {
  $ZodNullable.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function nullable(innerType) {
  return new ZodMiniNullable({
    type: "nullable",
    innerType
  });
}
var ZodMiniDefault = /* @__PURE__ */ $constructor("ZodMiniDefault", (inst, def) => {
  $ZodDefault.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function _default(innerType, defaultValue) {
  return new ZodMiniDefault({
    type: "default",
    innerType,
    get defaultValue() {
      return typeof defaultValue == "function" ? defaultValue() : shallowClone(defaultValue);
    }
  });
}
var ZodMiniPrefault = /* @__PURE__ */ $constructor("ZodMiniPrefault", (inst, def) => {
  $ZodPrefault.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function prefault(innerType, defaultValue) {
  return new ZodMiniPrefault({
    type: "prefault",
    innerType,
    get defaultValue() {
      return typeof defaultValue == "function" ? defaultValue() : shallowClone(defaultValue);
    }
  });
}
var ZodMiniPipe = /* @__PURE__ */ $constructor("ZodMiniPipe", (inst, def) => {
  $ZodPipe.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function pipe(in_, out) {
  return new ZodMiniPipe({
    type: "pipe",
    in: in_,
    out
  });
}
var ZodMiniCustom = /* @__PURE__ */ $constructor("ZodMiniCustom", (inst, def) => {
  $ZodCustom.init(inst, def), ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function refine(fn, _params = {}) {
  return _refine(ZodMiniCustom, fn, _params);
}

// node_modules/zod/v4/mini/iso.js
var iso_exports = {};
__export(iso_exports, {
  ZodMiniISODate: () => ZodMiniISODate,
  ZodMiniISODateTime: () => ZodMiniISODateTime,
  ZodMiniISODuration: () => ZodMiniISODuration,
  ZodMiniISOTime: () => ZodMiniISOTime,
  date: () => date2,
  datetime: () => datetime2,
  duration: () => duration2,
  time: () => time2
});
var ZodMiniISODateTime = /* @__PURE__ */ $constructor("ZodMiniISODateTime", (inst, def) => {
  $ZodISODateTime.init(inst, def), ZodMiniStringFormat.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function datetime2(params) {
  return _isoDateTime(ZodMiniISODateTime, params);
}
var ZodMiniISODate = /* @__PURE__ */ $constructor("ZodMiniISODate", (inst, def) => {
  $ZodISODate.init(inst, def), ZodMiniStringFormat.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function date2(params) {
  return _isoDate(ZodMiniISODate, params);
}
var ZodMiniISOTime = /* @__PURE__ */ $constructor("ZodMiniISOTime", (inst, def) => {
  $ZodISOTime.init(inst, def), ZodMiniStringFormat.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function time2(params) {
  return _isoTime(ZodMiniISOTime, params);
}
var ZodMiniISODuration = /* @__PURE__ */ $constructor("ZodMiniISODuration", (inst, def) => {
  $ZodISODuration.init(inst, def), ZodMiniStringFormat.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function duration2(params) {
  return _isoDuration(ZodMiniISODuration, params);
}

// lib/domain/zod-fields.ts
config({ localeError: messageOf });
var NonEmpty = string2().check(_minLength(1)), MaybeText = nullable(string2()), Count = int().check(_gte(0)), CountFromOne = int().check(_gte(1)), IsoTime = iso_exports.datetime(), MaybeIsoTime = nullable(IsoTime), httpUrlSchema = (error) => url({ protocol: /^https?$/, error });
function limitedText({ min, max }) {
  return string2().check(
    refine((text2) => text2.length >= min, limitMessage("string", "at least", min)),
    refine((text2) => Array.from(text2).length <= max, limitMessage("string", "at most", max))
  ).register(globalRegistry, min === 0 ? { maxLength: max } : { minLength: min, maxLength: max });
}
function withDescription(schema, description) {
  let described = clone(schema);
  return globalRegistry.add(described, { description }), described;
}
var TYPE_NAMES = {
  string: "a string",
  number: "a number",
  int: "an integer",
  boolean: "a boolean",
  array: "an array",
  tuple: "an array",
  object: "an object",
  record: "an object"
};
function messageOf(issue2) {
  switch (issue2.code) {
    case "invalid_type":
      return issue2.input === void 0 ? "is missing" : `must be ${TYPE_NAMES[issue2.expected] ?? issue2.expected}`;
    case "invalid_value":
      return oneOf(issue2.values);
    case "too_small":
      return limitMessage(issue2.origin, issue2.inclusive ?? !0 ? "at least" : "more than", issue2.minimum);
    case "too_big":
      return limitMessage(issue2.origin, issue2.inclusive ?? !0 ? "at most" : "less than", issue2.maximum);
    case "invalid_format":
      return issue2.format === "url" ? "must be a URL" : `must have the format ${issue2.format}`;
    case "unrecognized_keys":
      return issue2.keys.length === 1 ? `has an unknown field: ${quoted(issue2.keys)}` : `has unknown fields: ${quoted(issue2.keys)}`;
    case "invalid_union":
      return Array.isArray(issue2.options) ? oneOf(issue2.options) : "has none of the accepted forms";
    default:
      return "is not valid";
  }
}
function limitMessage(origin, relation, limit) {
  return origin === "string" && limit === 1 ? "must not be empty" : origin === "string" ? `must have ${relation} ${limit} characters` : origin === "array" ? `must have ${relation} ${limit} ${limit === 1 ? "entry" : "entries"}` : `must be ${relation} ${limit}`;
}
function oneOf(values) {
  return values.length === 1 ? `must be ${quoted(values)}` : `must be one of ${quoted(values)}`;
}
function quoted(values) {
  return values.map((value) => `'${String(value)}'`).join(", ");
}

// lib/domain/cause.ts
var Cause = object({
  type: MaybeText,
  reason: withDescription(
    nullable(string2()),
    "The reason of the first subjob in the cloud's own words. A long reason is truncated and ends in `\u2026`."
  ),
  hint: withDescription(
    nullable(string2()),
    "One line of advice with a link. The hint is null if the service does not know the reason."
  ),
  count: withDescription(Count, "The number of failed subjobs in the group."),
  resources: withDescription(array(string2()), "The names of the first resources, at most ten.")
}), CauseInTree = extend2(Cause, {
  /** The types from the root job down to the first subjob of the group. A long path is shown without its middle. */
  path: array(string2()),
  /** The number of subjobs that have the type of the group, failed or not. */
  total: Count
});
var SHOWN_NAMES = 3, MORE_NAMES = "{names} and {count} more";
function listNames(names, count, moreNames = MORE_NAMES) {
  let joined = names.join(", "), more = count - names.length;
  return more <= 0 || joined === "" ? joined : moreNames.replace(/\{(names|count)\}/g, (_, value) => value === "names" ? joined : String(more));
}
function listResources({ resources, count }, moreNames) {
  return listNames(resources.slice(0, SHOWN_NAMES), count, moreNames);
}

// lib/domain/json.ts
var NO_FIELDS = {};
function parseJson(text2) {
  try {
    return JSON.parse(text2);
  } catch {
    return;
  }
}
function isObject2(value) {
  return typeof value == "object" && value !== null && !Array.isArray(value);
}
function toObjectOrEmpty(value) {
  return isObject2(value) ? value : NO_FIELDS;
}

// lib/domain/truncate-text.ts
var countUtf16Units = (text2) => text2.length;
var BETWEEN_ASCII = /^[\x20-\x7e]{2}$/;
function truncate(text2, max, measure = countUtf16Units) {
  let beginning = text2.slice(0, max + 2).toWellFormed();
  if (text2.length <= max && measure(beginning) <= max) return beginning;
  let available = max - measure("\u2026");
  return available < 0 ? "" : beginning.slice(0, graphemeStart(beginning, prefixLength(beginning, available, measure))) + "\u2026";
}
function prefixLength(text2, max, measure) {
  let enough = 0, tooMuch = text2.length + 1;
  for (; tooMuch - enough > 1; ) {
    let middle = Math.floor((enough + tooMuch) / 2);
    measure(text2.slice(0, middle)) <= max ? enough = middle : tooMuch = middle;
  }
  return enough;
}
var segmenter;
function graphemeStart(text2, index) {
  return index === 0 || BETWEEN_ASCII.test(text2.slice(index - 1, index + 1)) ? index : (segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" }), segmenter.segment(text2).containing(index)?.index ?? index);
}

// lib/domain/context.ts
var MAX_LABELS = 20, ShortText = limitedText({ min: 0, max: 200 }), Labels = record(limitedText({ min: 1, max: 63 }), ShortText).check(refine((labels) => Object.keys(labels).length <= MAX_LABELS, `at most ${MAX_LABELS} labels`)).register(globalRegistry, { maxProperties: MAX_LABELS }), RUN_URL_RULE = "must be an http or https URL", RunUrl = limitedText({ min: 0, max: 1e3 }).check(
  _regex(/^[Hh][Tt][Tt][Pp][Ss]?:\/\//, { error: RUN_URL_RULE, abort: !0 }),
  refine((text2) => URL.canParse(text2), RUN_URL_RULE)
), Context = withDescription(
  strictObject({
    actor: optional(ShortText),
    pipeline: optional(ShortText),
    runUrl: optional(RunUrl),
    commit: optional(limitedText({ min: 0, max: 100 })),
    labels: optional(Labels)
  }),
  "The information that the caller gives about itself. Notifications and webhook events contain the context."
);

// lib/domain/failure.ts
var Failure = object({
  path: array(string2()).check(_minLength(1)),
  jobId: MaybeText,
  resourceName: MaybeText,
  reason: withDescription(
    nullable(string2()),
    "The reason in the cloud's own words. A long reason is truncated and ends in `\u2026`."
  ),
  hint: withDescription(
    nullable(string2()),
    "One line of advice with a link. The hint is null if the service does not know the reason."
  )
});

// lib/domain/operation-kind.ts
var OPERATION_KINDS = [
  "cluster_upgrade",
  "upgrade_precheck",
  "node_pool_scale",
  "addon",
  "hibernate",
  "awake"
], OperationKind = _enum(OPERATION_KINDS);
function isOperationKind(jobType) {
  return OperationKind.safeParse(jobType).success;
}
var KIND_NAMES = {
  cluster_upgrade: "Cluster upgrade",
  upgrade_precheck: "Upgrade pre-check",
  node_pool_scale: "Node pool scaling",
  addon: "Add-on",
  hibernate: "Cluster hibernation",
  awake: "Cluster wake-up"
};
function jobTypeText(jobType) {
  let kind = OperationKind.safeParse(jobType);
  return kind.success ? KIND_NAMES[kind.data] : jobType;
}

// lib/domain/job.ts
var MaybeInstant = nullable(number2()), JOB_ID_RULE = "must be 1 to 128 letters, digits, '.', '_', ':' or '-', starting with a letter or digit", JOB_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, MISSING_VALUE = new RegExp(
  `^(${["null", "undefined", "none", "nil", "nan", "true", "false"].map(inAnyCase).join("|")})$`
);
function inAnyCase(word) {
  return word.replace(/./g, (letter) => `[${letter.toUpperCase()}${letter}]`);
}
var JOB_ID_KEYWORDS = { pattern: JOB_ID_PATTERN.source, not: { pattern: MISSING_VALUE.source } }, JobId = string2().check(
  _regex(JOB_ID_PATTERN, { error: ({ input }) => jobIdFault(String(input)) }),
  refine((text2) => !MISSING_VALUE.test(text2), { error: ({ input }) => jobIdFault(String(input)) })
).register(globalRegistry, JOB_ID_KEYWORDS);
function jobIdFault(text2) {
  let value = text2.trim() === "" ? "is empty" : `is '${text2}'`;
  return value === "is empty" || MISSING_VALUE.test(text2) || text2 === "<no value>" ? `${value}, so the script probably found no job ID in the reply of CCE` : /^\W*[${%]/.test(text2) ? `${JOB_ID_RULE}. A variable in the script was probably not replaced` : JOB_ID_RULE;
}
var NAME_RULE = "must be 1 to 64 letters, digits, '_' or '-', starting with a letter or digit", Name = string2().check(_regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, NAME_RULE)), MAX_CALLER_BYTES = 800, CallerName = string2().check(
  refine((name) => name.isWellFormed() && new TextEncoder().encode(name).length <= MAX_CALLER_BYTES)
), JobState = _enum(["pending", "succeeded", "failed"]), SubJobCounts = object({ total: Count, succeeded: Count, failed: Count, pending: Count });
var Job = object({
  jobId: MaybeText,
  type: MaybeText,
  /** The phase of the job in the spelling of CCE. The field `state` says what the phase means. */
  phase: MaybeText,
  state: JobState,
  reason: MaybeText,
  clusterId: MaybeText,
  resourceId: MaybeText,
  resourceName: MaybeText,
  createdAt: MaybeInstant,
  updatedAt: MaybeInstant,
  get subJobs() {
    return array(Job);
  },
  /** The number of omitted subjobs at all levels below this job. Subjobs are omitted if the tree is too large. */
  omitted: optional(SubJobCounts)
}), AccessErrorKind = _enum(["unauthorized", "forbidden", "misconfigured"]);
var OUTCOMES = ["succeeded", "failed", "not_ready", "timed_out", "lost"], Outcome = _enum(OUTCOMES), TargetEvent = _enum([...OUTCOMES, "slow"]), WATCH_STATES = ["watching", "stopped", ...OUTCOMES], WatchState = _enum(WATCH_STATES);
var Verdict = _enum(["delivered", "retry", "rejected", "gone"]), DeliveryState = _enum(["pending", "delivered", "rejected", "gone", "exhausted"]);

// lib/domain/ready.ts
var ReadyState = _enum(["pending", "ready", "not_ready", "unknown"]), Ready = object({
  state: ReadyState,
  /** The reason that CCE gives for the state of the resource. If CCE gives no reason, this is the phase of the resource. */
  reason: MaybeText,
  message: MaybeText
}), ReadyProgress = object({
  /** The time of the poll that saw the success of the job. */
  succeededAt: number2(),
  /** The number of latest polls in a row that found the resource usable. */
  readyPolls: int(),
  /** Is true if the latest poll that saw the resource found the resource not usable. */
  wasNotReady: boolean2(),
  reason: MaybeText,
  message: MaybeText
});

// lib/schedule/duration-buckets.ts
var BUCKETS = Math.ceil(bucketPosition(604800));
function bucketPosition(seconds) {
  return Math.log1p(seconds / 10) / 0.02;
}

// lib/schedule/expected-duration.ts
var Seconds = number2().check(_gte(0)), Expected = object({
  /** Half of the ended jobs took at most this time. */
  p50Seconds: Seconds,
  p90Seconds: Seconds,
  /** The number of ended jobs. */
  fromJobs: Count,
  /** The median remaining time of a running job, by its age. Is null if no ended job took longer than the job until now. */
  remainingSeconds: nullable(Seconds)
});

// lib/api/delivery-document.ts
var HttpStatus = withDescription(
  nullable(int()),
  "The HTTP status of the receiver's response. Null means that the receiver did not respond."
), Reason = withDescription(
  string2(),
  "The reason for the verdict. The value is in this list or comes from another release of the service."
), AttemptDocument = object({
  at: IsoTime,
  verdict: Verdict,
  status: HttpStatus,
  reason: Reason,
  durationMs: number2(),
  answer: withDescription(
    string2(),
    "The first 200 characters of the receiver's response. Secrets are masked."
  )
}), DeliveryDocument = object({
  target: string2(),
  state: DeliveryState,
  attempts: withDescription(
    int().check(_gte(0)),
    "The number of delivery attempts. Attempts that exceeded a rate limit of the receiver do not count. The first attempt with the verdict `gone` does not count either, because the service asks again after a minute."
  ),
  lastStatus: HttpStatus,
  lastReason: nullable(Reason),
  at: withDescription(nullable(IsoTime), "The time of the latest delivery attempt."),
  nextAttemptAt: MaybeIsoTime,
  history: array(AttemptDocument)
}), TestResult = object({
  target: string2(),
  verdict: Verdict,
  status: HttpStatus,
  reason: Reason
});

// lib/api/status-document.ts
var JobDocument = object({
  jobId: MaybeText,
  type: MaybeText,
  phase: MaybeText,
  state: JobState,
  reason: MaybeText,
  hint: MaybeText,
  clusterId: MaybeText,
  resourceId: MaybeText,
  resourceName: MaybeText,
  createdAt: MaybeIsoTime,
  updatedAt: MaybeIsoTime,
  get subJobs() {
    return array(JobDocument);
  },
  omitted: withDescription(
    optional(SubJobCounts),
    "The counts of omitted subjobs on all levels below this job. Subjobs are omitted when the tree of subjobs is too large."
  )
}), StatusDocument = object({
  project: string2(),
  region: MaybeText,
  jobId: string2(),
  state: WatchState,
  done: boolean2(),
  phase: MaybeText,
  type: MaybeText,
  reason: MaybeText,
  clusterId: MaybeText,
  resourceId: MaybeText,
  resourceName: MaybeText,
  failures: array(Failure),
  failuresOmitted: Count,
  causes: array(Cause),
  causesOmitted: Count,
  subJobs: SubJobCounts,
  warnings: array(string2()),
  createdAt: MaybeIsoTime,
  updatedAt: MaybeIsoTime,
  durationSeconds: nullable(number2()),
  polls: Count,
  polledAt: withDescription(array(IsoTime), "The times of the latest polls, oldest first."),
  nextPollAt: MaybeIsoTime,
  lagSeconds: withDescription(
    nullable(number2()),
    "The number of seconds between the end of the job and the poll that found the end. The cloud reports the time of the end."
  ),
  lastPollError: withDescription(
    nullable(string2()),
    "The reason why the latest polls got no data about the job."
  ),
  acceptedAt: IsoTime,
  deadlineAt: IsoTime,
  concludedAt: MaybeIsoTime,
  context: Context,
  deliveries: array(DeliveryDocument),
  job: nullable(JobDocument),
  expected: withDescription(
    optional(Expected),
    "How long jobs of this type usually take, while the watch waits for the end of the job. Absent if no job of the type has ended."
  ),
  ready: withDescription(
    optional(Ready),
    'Whether the resource of the succeeded job is usable. Only a watch with `until: "ready"` has this field, after the success of its job.'
  )
});

// lib/api/problem.ts
var RequestError = object({
  pointer: withDescription(
    optional(string2()),
    "The position of the error in the body. The value is a JSON pointer (RFC 6901) as a URI fragment, such as `#/jobIds/3`."
  ),
  parameter: withDescription(
    optional(string2()),
    "The name of the query or path parameter that contains the error."
  ),
  detail: string2()
}), Problem = withDescription(
  object({
    type: withDescription(string2(), "A URI reference that identifies the kind of problem."),
    title: string2(),
    status: int(),
    detail: string2(),
    instance: withDescription(optional(string2()), "The request ID as a URN."),
    errors: optional(array(RequestError))
  }),
  "A problem document (RFC 9457). `errors` contains all errors of the request."
);

// lib/api/submission-result.ts
var JobResult = object({
  project: string2(),
  jobId: string2(),
  status: _enum(["accepted", "already_watching", "rejected"]),
  deadlineAt: withDescription(
    nullable(iso_exports.datetime()),
    "The deadline of the watch. If the caller already had a running watch of the job, the later of both deadlines holds. The value is null for a rejected job."
  ),
  statusUrl: MaybeText,
  pageUrl: withDescription(
    nullable(string2()),
    "The URL of a web page about the job. The link needs no token and expires."
  ),
  error: optional(Problem)
}), SubmissionResult = object({ jobs: array(JobResult) });

// lib/http/outgoing-proxy.ts
import { BlockList, isIP } from "node:net";

// lib/domain/secret.ts
var MASK = "<secret>", INSPECT = /* @__PURE__ */ Symbol.for("nodejs.util.inspect.custom"), Secret = class {
  #value;
  constructor(value) {
    this.#value = value;
  }
  reveal() {
    return this.#value;
  }
  toString() {
    return MASK;
  }
  toJSON() {
    return MASK;
  }
  [Symbol.toPrimitive]() {
    return MASK;
  }
  [INSPECT]() {
    return MASK;
  }
}, toSecret = transform((text2) => new Secret(text2)), NotEmpty = _minLength(1, "must not be empty"), SecretText = pipe(string2().check(NotEmpty), toSecret), HeaderSecret = pipe(string2().check(NotEmpty, _trim()), toSecret);

// lib/http/outgoing-proxy.ts
var DEFAULT_PORT = 1080;
function readProxy(env) {
  let variable = (name) => [env[name], env[name.toUpperCase()]].find((value) => value?.trim())?.trim(), text2 = variable("https_proxy") ?? variable("all_proxy");
  if (text2 === void 0) return null;
  let withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text2) ? text2 : `http://${text2}`, url2 = URL.canParse(withScheme) ? new URL(withScheme) : null;
  if (url2 === null || !/^https?:$/.test(url2.protocol) || url2.hostname === "")
    throw new Error("HTTPS_PROXY must be the URL of an HTTP proxy, such as http://proxy.example.com:3128");
  let { hostname, username, password } = url2, port = /:(\d+)\/?$/.exec(withScheme)?.[1], credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    protocol: url2.protocol === "https:" ? "https:" : "http:",
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === void 0 ? url2.protocol === "https:" ? 443 : DEFAULT_PORT : Number(port),
    authorization: credentials === ":" ? null : new Secret(`Basic ${Buffer.from(credentials).toString("base64")}`),
    isUsedFor: createHostFilter(variable("no_proxy") ?? "")
  };
}
function createHostFilter(noProxy) {
  let entries = noProxy.toLowerCase().split(/[\s,]+/).filter((entry) => entry !== "");
  if (entries.includes("*")) return () => !1;
  let addresses = new BlockList(), domains = [];
  for (let entry of entries) {
    let [address = "", prefix] = entry.replace(/[[\]]/g, "").split("/"), family = isIP(address) === 4 ? "ipv4" : "ipv6", length = Number(prefix ?? (family === "ipv4" ? 32 : 128));
    isIP(address) === 0 ? domains.push(entry.replace(/^\*?\./, "").replace(/\.$/, "")) : Number.isInteger(length) && length >= 0 && length <= (family === "ipv4" ? 32 : 128) && addresses.addSubnet(address, length, family);
  }
  return (host) => {
    let name = host.toLowerCase().replace(/\.$/, "");
    return isIP(name) !== 0 ? !addresses.check(name, isIP(name) === 4 ? "ipv4" : "ipv6") : !domains.some((domain) => name === domain || name.endsWith(`.${domain}`));
  };
}

// lib/domain/operation.ts
var ID_FIELDS = ["taskId", "nodePoolId", "addonId"], ID_FIELD_OF = {
  cluster_upgrade: { name: "taskId", isRequired: !1 },
  upgrade_precheck: { name: "taskId", isRequired: !0 },
  node_pool_scale: { name: "nodePoolId", isRequired: !0 },
  addon: { name: "addonId", isRequired: !0 }
}, MAX_ID_CHARACTERS = 55, resourceId = (description) => JobId.check(_maxLength(MAX_ID_CHARACTERS, `must have at most ${MAX_ID_CHARACTERS} characters`)).register(
  globalRegistry,
  { ...JOB_ID_KEYWORDS, maxLength: MAX_ID_CHARACTERS, description }
), ADDON_ACTIONS = ["install", "update", "delete"], AddonAction = _enum(ADDON_ACTIONS), Operation = strictObject({
  kind: withDescription(
    OperationKind,
    "`cluster_upgrade` and `upgrade_precheck` end with their task, `node_pool_scale` with the number of nodes, `addon` with the state of the add-on, `hibernate` and `awake` with the state of the cluster."
  ),
  clusterId: resourceId("The ID of the cluster."),
  taskId: withDescription(
    optional(JobId),
    "The ID of the task: `metadata.uid` in the reply of CCE. `upgrade_precheck` needs it. Without it, `cluster_upgrade` ends with the state of the cluster."
  ),
  nodePoolId: optional(resourceId("The ID of the node pool for `node_pool_scale`.")),
  addonId: optional(resourceId("The ID of the add-on for `addon`.")),
  action: withDescription(
    optional(AddonAction),
    "For `addon`: with `delete`, the operation has succeeded when CCE no longer knows the add-on. The default is `install`."
  )
}).check(({ value, issues }) => {
  for (let [path, message] of fieldFaults(value))
    issues.push({ code: "custom", input: value, path: [path], message });
}).register(globalRegistry, {
  description: "An operation of CCE that has no job.",
  ...OPERATION_KINDS.reduce(requireOwnFields, {})
});
function requireOwnFields(otherKinds, kind) {
  let own2 = ID_FIELD_OF[kind], others = [...ID_FIELDS, ...kind === "addon" ? [] : ["action"]].filter((name) => name !== own2?.name);
  return {
    if: { properties: { kind: { const: kind } } },
    // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema, and the object is not awaited.
    then: {
      required: own2?.isRequired ? [own2.name] : [],
      properties: Object.fromEntries(others.map((name) => [name, !1]))
    },
    else: otherKinds
  };
}
function fieldFaults({ kind, action, ...ids }) {
  let own2 = ID_FIELD_OF[kind], faults = [];
  for (let field of ID_FIELDS)
    field === own2?.name && own2.isRequired && ids[field] === void 0 && faults.push([field, `is missing. The kind '${kind}' needs it.`]), field !== own2?.name && ids[field] !== void 0 && faults.push([field, `does not belong to the kind '${kind}'`]);
  return action !== void 0 && kind !== "addon" && faults.push(["action", `does not belong to the kind '${kind}'`]), faults;
}
function operationJobId(operation) {
  let { kind, clusterId, taskId, nodePoolId, addonId, action } = operation;
  return taskId !== void 0 ? taskId : [kind, clusterId, nodePoolId ?? addonId, action === "delete" ? action : void 0].filter((part) => part !== void 0).join(":");
}

// client/command-table.ts
var OPTION_FORMS = {
  project: { value: "NAME" },
  notify: { value: "NAME[,NAME\u2026]", isRepeatable: !0 },
  "callback-url": { value: "URL" },
  "deadline-minutes": { value: "N" },
  until: { value: "ready", choices: ["ready"] },
  "ready-minutes": { value: "N" },
  operation: { value: "KIND", choices: OPERATION_KINDS },
  cluster: { value: "ID" },
  task: { value: "ID" },
  "node-pool": { value: "ID" },
  addon: { value: "ID" },
  action: { value: "ACTION", choices: ADDON_ACTIONS },
  digest: {},
  label: { value: "NAME=VALUE", isRepeatable: !0 },
  actor: { value: "NAME" },
  pipeline: { value: "NAME" },
  "run-url": { value: "URL" },
  commit: { value: "ID" },
  reply: { value: "FILE" },
  again: {},
  wait: {},
  "timeout-seconds": { value: "N" },
  state: { value: "STATE[,STATE\u2026]", isRepeatable: !0, choices: WATCH_STATES },
  type: { value: "TYPE" },
  text: { value: "TEXT" },
  since: { value: "TIME" },
  to: { value: "TIME" },
  limit: { value: "N" },
  target: { value: "NAME[,NAME\u2026]", isRepeatable: !0 },
  "dry-run": {},
  json: {},
  "no-color": {},
  help: {},
  version: {}
}, COMMON_OPTIONS = {
  json: "prints one JSON document to stdout and nothing else",
  "no-color": "prints no colours; the environment variable NO_COLOR has the same effect"
}, HELP_OPTION = { help: "prints this help; the short form is -h" }, PROJECT_OPTION = {
  project: "the project of the jobs (default: NOTIFIER_PROJECT, then the default project of the service)"
}, WAIT_OPTIONS = {
  wait: "shows the progress until the jobs have ended, then the notifications for up to 30 s",
  "timeout-seconds": "the longest time that --wait waits (default: no limit)"
}, JOB_ID = "1e50bfbe-5b9e-11ef-8f52-0255ac10003e", COMMAND_TEXTS = {
  watch: {
    summary: "submits jobs; with --wait, waits until they have ended",
    usage: ["JOB_ID\u2026", "--reply FILE", "--operation KIND --cluster ID"],
    examples: [
      `watch ${JOB_ID} --notify deploys`,
      "watch --reply create-cluster-reply.json --wait",
      `watch prod/${JOB_ID} --again`
    ],
    options: {
      reply: "submits the job or the operation in the reply of a CCE call; the file - is stdin",
      operation: `submits an operation that has no job: ${OPERATION_KINDS.join(", ")}`,
      cluster: "the cluster of the operation",
      task: "the task of an upgrade or of a pre-check",
      "node-pool": "the node pool that is scaled",
      addon: "the add-on",
      action: `what happens to the add-on: ${ADDON_ACTIONS.join(", ")} (default: install)`,
      again: "restarts a watch that is running, timed out or was lost",
      notify: "the targets to notify (default: the targets that the service chooses)",
      "callback-url": "your own webhook, at a host that the operator allows",
      "deadline-minutes": "the time after which the watch ends as timed out",
      until: "after the success of a job, waits until what the job made is usable",
      "ready-minutes": "the time limit of --until ready (default: 15, or as the project says)",
      digest: "one message per chat, when the last job has ended",
      actor: "who started the job (default: from the CI system)",
      pipeline: "the name of the pipeline (default: from the CI system)",
      "run-url": "the web page of the pipeline run (default: from the CI system)",
      commit: "the commit that the pipeline runs (default: from the CI system)",
      label: "a label for the notifications and for the list",
      ...PROJECT_OPTION,
      ...WAIT_OPTIONS
    }
  },
  list: {
    summary: "lists the jobs of a project, newest first",
    usage: [""],
    examples: ["list --state watching,failed", "list --label team=checkout --since 2026-11-23"],
    options: {
      state: `only jobs in these states: ${WATCH_STATES.join(", ")}`,
      type: "only jobs of this type, such as CreateCluster",
      label: "only jobs with this label",
      actor: "only jobs that this person or system started",
      text: "only jobs that contain each word of this text",
      since: "only jobs that were submitted at this time or later, such as 2026-11-23 or 2026-11-23T09:30:00Z",
      to: "only jobs that were submitted at this time or earlier",
      limit: "the largest number of jobs (default: 20)",
      ...PROJECT_OPTION
    }
  },
  status: {
    summary: "prints the status of jobs; with --wait, waits until they have ended",
    usage: ["JOB_ID\u2026"],
    examples: [`status ${JOB_ID}`, `status prod/${JOB_ID} --wait --timeout-seconds 3600`],
    options: { ...PROJECT_OPTION, ...WAIT_OPTIONS }
  },
  open: {
    summary: "prints the web page of jobs, and opens it in the browser of a terminal",
    usage: ["JOB_ID\u2026"],
    examples: [`open ${JOB_ID}`],
    options: PROJECT_OPTION
  },
  stop: {
    summary: "stops watches; nobody is notified",
    usage: ["JOB_ID\u2026"],
    examples: [`stop prod/${JOB_ID}`],
    options: PROJECT_OPTION
  },
  redeliver: {
    summary: "sends notifications again: those of a job, or those that a target missed",
    usage: ["JOB_ID", "--target NAME --since TIME"],
    examples: [
      `redeliver ${JOB_ID} --target deploys`,
      "redeliver --target deploys --since 2026-11-23T09:00:00Z --dry-run"
    ],
    options: {
      target: "the targets to notify (default: all targets of the watch)",
      since: "sends what the target of --target missed since this time, such as 2026-11-23T09:00:00Z",
      "dry-run": "with --since, only lists the jobs",
      ...PROJECT_OPTION
    }
  },
  test: {
    summary: "sends one real message to each target",
    usage: ["TARGET\u2026"],
    examples: ["test deploys audit"],
    options: {}
  },
  completion: {
    summary: "prints the completion script of a shell",
    usage: ["bash", "zsh", "fish"],
    examples: [
      "completion bash > ~/.local/share/bash-completion/completions/cce-notifier",
      "completion zsh > ~/.zfunc/_cce-notifier",
      "completion fish > ~/.config/fish/completions/cce-notifier.fish"
    ],
    options: {}
  },
  help: {
    summary: "prints the help of a command",
    usage: ["[COMMAND]"],
    examples: ["help watch"],
    options: {}
  }
};
function isCommandName(name) {
  return Object.hasOwn(COMMAND_TEXTS, name);
}
function optionsOf(command) {
  let isOption = (name) => Object.hasOwn(OPTION_FORMS, name), own2 = COMMAND_TEXTS[command].options;
  return Object.entries({ ...own2, ...command === "completion" || command === "help" ? {} : COMMON_OPTIONS, ...HELP_OPTION }).flatMap(
    ([name, text2]) => isOption(name) ? [[name, text2]] : []
  );
}
var SERVER_COMMANDS = {
  serve: "runs the service on this machine",
  backup: "writes a backup of the ledger",
  export: "writes the ledger and the queues as JSON lines",
  import: "reads such a file into an empty data directory"
}, OPERATOR_COMMANDS = {
  config: "checks a config",
  doctor: "checks config, credentials and targets, and says how to correct each error",
  link: "prints a link to the page that lists the jobs of a project",
  redrive: "sends dead letters again",
  token: "makes a token for an API caller"
};

// client/completion.ts
var SHELLS = ["bash", "zsh", "fish"];
function isShell(name) {
  return SHELLS.some((shell) => shell === name);
}
var COMMAND_NAMES = Object.keys(COMMAND_TEXTS), SUMMARIES = [
  ...COMMAND_NAMES.map((name) => [name, COMMAND_TEXTS[name].summary]),
  ...Object.entries({ ...SERVER_COMMANDS, ...OPERATOR_COMMANDS })
], ARGUMENTS = {
  completion: SHELLS,
  help: SUMMARIES.map(([name]) => name)
};
function completionScript(shell) {
  switch (shell) {
    case "bash":
      return bashScript();
    case "zsh":
      return zshScript();
    case "fish":
      return fishScript();
    default:
      return shell;
  }
}
var OPTIONS = Object.entries(OPTION_FORMS), valueOptions = OPTIONS.filter(([, { value }]) => value !== void 0).map(([name]) => `--${name}`);
function bashScript() {
  let choices = OPTIONS.flatMap(
    ([name, { choices: values }]) => values === void 0 ? [] : [`    --${name}) COMPREPLY=($(compgen -W "${values.join(" ")}" -- "$cur")); return ;;`]
  ), cases = COMMAND_NAMES.map((name) => {
    let options = optionsOf(name).map(([option]) => `--${option}`);
    return `    ${name}) words="${[...ARGUMENTS[name] ?? [], ...options].join(" ")}" ;;`;
  });
  return `# Completion of cce-notifier for bash. Made by: cce-notifier completion bash
_cce_notifier() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command="" words="" word previous=""
  COMPREPLY=()
  case "$prev" in
    --reply) COMPREPLY=($(compgen -f -- "$cur")); return ;;
${choices.join(`
`)}
    ${valueOptions.join("|")}) return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$previous" in ${valueOptions.join("|")}) previous=""; continue ;; esac
    previous="$word"
    case "$word" in -*) ;; *) command="$word"; break ;; esac
  done
  case "$command" in
    "") words="${[...SUMMARIES.map(([name]) => name), "--help", "--version"].join(" ")}" ;;
${cases.join(`
`)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _cce_notifier cce-notifier
`;
}
var quote = (text2) => `'${text2.replaceAll("'", "'\\''")}'`;
function zshScript() {
  let escapeSpec = (text2) => text2.replace(/[\\:[\]]/g, "\\$&"), specOf = (name, { value, isRepeatable, choices }, text2) => {
    let completes = choices ? `(${choices.join(" ")})` : name === "reply" ? "_files" : "", argument = value === void 0 ? "" : `:${escapeSpec(value)}:${completes}`;
    return quote(
      `${isRepeatable ? "*" : ""}--${name}${value === void 0 ? "" : "="}[${escapeSpec(text2)}]${argument}`
    );
  }, cases = COMMAND_NAMES.map((command) => {
    let specs = optionsOf(command).map(([name, text2]) => specOf(name, OPTION_FORMS[name], text2)), names = ARGUMENTS[command]?.join(" "), argument = names === void 0 ? "" : ` ${quote(`1:argument:(${names})`)}`;
    return `    ${command}) _arguments -s${argument} ${specs.join(" ")} ;;`;
  });
  return `#compdef cce-notifier
# Completion of cce-notifier for zsh. Made by: cce-notifier completion zsh
_cce_notifier() {
  local -a commands=(
${SUMMARIES.map(([name, summary]) => `    ${quote(`${name}:${escapeSpec(summary)}`)}`).join(`
`)}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join(`
`)}
  esac
}
if [ "$funcstack[1]" = "_cce-notifier" ]; then _cce_notifier "$@"; else compdef _cce_notifier cce-notifier; fi
`;
}
function fishScript() {
  let commands = SUMMARIES.map(
    ([name, summary]) => `complete -c cce-notifier -n __fish_use_subcommand -a ${name} -d ${fishQuote(summary)}`
  ), options = COMMAND_NAMES.flatMap((command) => {
    let condition = `complete -c cce-notifier -n '__fish_seen_subcommand_from ${command}'`, values = ARGUMENTS[command];
    return [
      ...values === void 0 ? [] : [`${condition} -a ${fishQuote(values.join(" "))}`],
      ...optionsOf(command).map(([name, text2]) => {
        let { value, choices } = OPTION_FORMS[name], needsValue = value === void 0 ? "" : name === "reply" ? " -r -F" : " -x", offered = choices === void 0 ? "" : ` -a ${fishQuote(choices.join(" "))}`;
        return `${condition} -l ${name}${needsValue}${offered} -d ${fishQuote(text2)}`;
      })
    ];
  });
  return `# Completion of cce-notifier for fish. Made by: cce-notifier completion fish
complete -c cce-notifier -f
${[...commands, ...options].join(`
`)}
`;
}
var fishQuote = (text2) => `'${text2.replace(/[\\']/g, "\\$&")}'`;

// client/option-values.ts
import { parseArgs } from "node:util";

// client/suggest-name.ts
function suggestName(typed, names) {
  return names.map((name) => ({ name, distance: countEdits(typed.toLowerCase(), name.toLowerCase()) })).filter(({ name, distance }) => distance <= Math.min(2, Math.floor(name.length / 2))).sort((a, b) => a.distance - b.distance)[0]?.name ?? null;
}
function countEdits(from, to) {
  let [beforeLast, last] = [[], Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i += 1) {
    let row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      let isSame = from[i - 1] === to[j - 1], edits = [at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (isSame ? 0 : 1)], isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(Math.min(...edits, isSwapped ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY));
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, to.length);
}
var at = (row, index) => row?.[index] ?? Number.POSITIVE_INFINITY;

// client/option-values.ts
var UsageError = class extends Error {
  name = "UsageError";
}, PARSE_OPTIONS = Object.fromEntries(
  Object.entries(OPTION_FORMS).map(([name, form]) => [
    name,
    {
      type: form.value === void 0 ? "boolean" : "string",
      ...name === "help" && { short: "h" }
    }
  ])
), OptionValues = class {
  positionals;
  #values;
  /**
   * Separates options from other arguments. After `--`, every argument is no option.
   * @throws UsageError for an unknown option, and for a value that is missing or not expected.
   */
  constructor(argv) {
    let { tokens } = parseArgs({ args: [...argv], options: PARSE_OPTIONS, strict: !1, tokens: !0 }), values = /* @__PURE__ */ new Map(), positionals = [];
    for (let token of tokens) {
      if (token.kind === "positional" && positionals.push(token.value), token.kind !== "option") continue;
      let { name, rawName, value, inlineValue } = token;
      if (!isOptionName(name) || rawName.replace(/^-+/, "") !== (rawName === "-h" ? "h" : name))
        throw new UsageError(unknownOption(rawName));
      let form = OPTION_FORMS[name];
      if (form.value === void 0 && value !== void 0) throw new UsageError(`${rawName} takes no value`);
      let isOption = inlineValue === !1 && value !== void 0 && /^-./.test(value);
      if (form.value !== void 0 && (value === void 0 || isOption))
        throw new UsageError(`${rawName} needs a value: ${rawName} ${form.value}`);
      let given = values.get(name) ?? [];
      if (given.length > 0 && form.value !== void 0 && !form.isRepeatable)
        throw new UsageError(`${rawName} may be given only once`);
      values.set(name, [...given, value ?? ""]);
    }
    this.positionals = positionals, this.#values = values;
  }
  names() {
    return [...this.#values.keys()];
  }
  has(name) {
    return this.#values.has(name);
  }
  get(name) {
    return this.#values.get(name)?.[0];
  }
  /** Returns all values of a repeated option, or undefined if the option is not given. */
  all(name) {
    return this.#values.get(name);
  }
  /** Returns the names in all values of a repeated option. Each value may contain several names. */
  list(name) {
    return this.all(name)?.flatMap((names) => names.split(",")).map((text2) => text2.trim());
  }
  /** @throws UsageError if the value is not a number greater than 0. */
  positiveNumber(name) {
    let text2 = this.get(name);
    if (text2 !== void 0) {
      if (!/^\d+(\.\d+)?$/.test(text2) || Number(text2) <= 0)
        throw new UsageError(`--${name} must be a number greater than 0`);
      return Number(text2);
    }
  }
};
function isOptionName(name) {
  return Object.hasOwn(OPTION_FORMS, name);
}
function unknownOption(rawName) {
  let suggestion = suggestName(rawName.replace(/^-+/, ""), Object.keys(OPTION_FORMS));
  return `unknown option '${rawName}'${suggestion === null ? "" : `. Did you mean --${suggestion}?`}`;
}

// client/operation-options.ts
var FIELDS = [
  ["operation", "kind"],
  ["cluster", "clusterId"],
  ["task", "taskId"],
  ["node-pool", "nodePoolId"],
  ["addon", "addonId"],
  ["action", "action"]
], OPTIONS_OF_RESOURCE = ["task", "node-pool", "addon", "action"];
function readOperation(options) {
  let given = FIELDS.filter(([option2]) => options.has(option2));
  if (given.length === 0) return;
  let parsed = Operation.safeParse(
    Object.fromEntries(given.map(([option2, field]) => [field, options.get(option2)]))
  );
  if (parsed.success) return parsed.data;
  let [issue2] = parsed.error.issues, option = FIELDS.find(([, field]) => field === issue2?.path[0])?.[0] ?? "operation";
  throw new UsageError(`--${option} ${issue2?.message ?? "is invalid"}`);
}

// client/arguments.ts
var NOT_WITH_REPLY = ["label", "digest", "again", ...OPTIONS_OF_RESOURCE], DEFAULT_LIST_LIMIT = 20;
function readArguments(argv, defaultProject) {
  let command = argv.find(isCommandName) ?? null;
  try {
    let options = new OptionValues(argv), [name = "", ...names] = options.positionals;
    if (command = isCommandName(name) ? name : null, options.has("help")) return { kind: "help", command };
    if (options.has("version")) return { kind: "version" };
    if (command === null) throw new UsageError(name === "" ? "the command is missing" : unknownCommand(name));
    return checkOptions(command, options), read(command, names, options, defaultProject || void 0);
  } catch (error) {
    if (error instanceof UsageError) return { kind: "fault", detail: error.message, command };
    throw error;
  }
}
function unknownCommand(name) {
  let suggestion = suggestName(name, Object.keys(COMMAND_TEXTS));
  return `unknown command '${name}'${suggestion === null ? "" : `. Did you mean '${suggestion}'?`}`;
}
function checkOptions(command, options) {
  let known = optionsOf(command).map(([name]) => name), unknown = options.names().find((name) => !known.includes(name));
  if (unknown !== void 0) throw new UsageError(`'${command}' has no option --${unknown}`);
  let excluded = options.has("reply") && NOT_WITH_REPLY.find((name) => options.has(name));
  if (excluded) throw new UsageError(`--${excluded} cannot be used with --reply: give job IDs instead`);
}
function read(command, names, options, defaultProject) {
  let project = checkProject(options.get("project") ?? defaultProject), output = { json: options.has("json"), noColor: options.has("no-color") }, readJobs2 = (isCheckedHere = !0) => {
    if (names.length === 0) throw new UsageError("give at least one job ID");
    return names.map((text2) => readJob(text2, project, isCheckedHere));
  };
  switch (command) {
    case "watch":
      return { ...readWatch(options, names, project, () => readJobs2(!1)), ...output };
    case "status":
      return { kind: command, jobs: readJobs2(), ...readWaitOptions(options), ...output };
    case "list":
      if (names.length > 0) throw new UsageError(`'list' takes no argument '${names[0]}': use --text`);
      return { ...readList(options, project), ...output };
    case "open":
    case "stop":
      return { kind: command, jobs: readJobs2(), ...output };
    case "redeliver": {
      if (options.has("since")) return { ...readMissed(options, names), ...output };
      if (options.has("dry-run")) throw new UsageError("--dry-run needs --since");
      let [job, ...more] = readJobs2();
      if (job === void 0 || more.length > 0) throw new UsageError("give one job ID");
      return { kind: command, job, targets: options.list("target"), ...output };
    }
    case "test":
      if (names.length === 0) throw new UsageError("give at least one target");
      return { kind: command, targets: names, ...output };
    case "completion": {
      let [shell = "", ...more] = names;
      if (more.length > 0 || !isShell(shell)) throw new UsageError("give one shell: bash, zsh or fish");
      return { kind: command, shell };
    }
    case "help": {
      let [name, ...more] = names;
      if (more.length > 0) throw new UsageError("give one command");
      if (name !== void 0 && !isCommandName(name)) throw new UsageError(unknownCommand(name));
      return { kind: command, command: name ?? null };
    }
    default:
      return command;
  }
}
function readWatch(options, names, project, readJobs2) {
  let reply = options.get("reply") ?? null, operation = reply === null ? readOperation(options) : void 0;
  if ([reply !== null, names.length > 0, operation !== void 0].filter(Boolean).length !== 1)
    throw new UsageError("give either job IDs, --operation or --reply");
  let until = options.get("until");
  if (until !== void 0 && until !== "ready") throw new UsageError("--until must be ready");
  let jobs = names.length > 0 ? readJobs2() : [], named = { operation: options.get("operation"), clusterId: options.get("cluster") };
  if (options.has("digest") && new Set(jobs.map((job) => job.project)).size > 1)
    throw new UsageError("--digest needs jobs of one project");
  let labels = options.all("label")?.map(readLabel), context = {
    actor: options.get("actor"),
    pipeline: options.get("pipeline"),
    runUrl: options.get("run-url"),
    commit: options.get("commit"),
    labels: labels && Object.fromEntries(labels)
  }, submission = {
    operation,
    project,
    notify: options.list("notify"),
    callbackUrl: options.get("callback-url"),
    deadlineMinutes: options.positiveNumber("deadline-minutes"),
    until,
    readyMinutes: options.positiveNumber("ready-minutes"),
    digest: options.has("digest") || void 0
  }, again = options.has("again");
  return { kind: "watch", reply, named, jobs, submission, context, again, ...readWaitOptions(options) };
}
function readList(options, project) {
  let limit = options.positiveNumber("limit") ?? DEFAULT_LIST_LIMIT;
  if (!Number.isInteger(limit)) throw new UsageError("--limit must be a whole number");
  let states = options.list("state"), unknown = states?.find((name) => !WATCH_STATES.some((state) => state === name));
  if (unknown !== void 0)
    throw new UsageError(`unknown state '${unknown}'. States: ${WATCH_STATES.join(", ")}`);
  let query = [];
  project !== void 0 && query.push(["project", project]), states !== void 0 && query.push(["state", states.join(",")]);
  for (let text2 of options.all("label") ?? []) query.push(["label", readLabel(text2).join(":")]);
  for (let name of ["type", "actor", "text", "since", "to"]) {
    let value = options.get(name);
    value !== void 0 && query.push([name, value]);
  }
  return { kind: "list", query, limit };
}
function readMissed(options, names) {
  let [target, ...more] = options.list("target") ?? [];
  if (names.length > 0) throw new UsageError("give either a job ID or --since");
  if (options.has("project"))
    throw new UsageError(
      "--project cannot be used with --since: the target gets what it missed of all projects"
    );
  if (target === void 0 || more.length > 0)
    throw new UsageError("--since needs one target: --target NAME");
  return {
    kind: "redeliver_missed",
    target,
    since: options.get("since") ?? "",
    dryRun: options.has("dry-run")
  };
}
function readWaitOptions(options) {
  let wait = options.has("wait"), timeoutSeconds = options.positiveNumber("timeout-seconds");
  if (timeoutSeconds !== void 0 && !wait) throw new UsageError("--timeout-seconds needs --wait");
  return { wait, timeoutMs: (timeoutSeconds ?? 1 / 0) * 1e3 };
}
function readLabel(text2) {
  let [, name, value] = /^([^=]+)=(.*)$/s.exec(text2) ?? [];
  if (name === void 0 || value === void 0) throw new UsageError("--label must be NAME=VALUE");
  return [name, value];
}
function readJob(text2, project, isCheckedHere) {
  let [first = "", second, ...more] = text2.split("/"), job = second === void 0 ? { project, jobId: first } : { project: first, jobId: second }, isJobId = !isCheckedHere || JobId.safeParse(job.jobId).success;
  if (more.length > 0 || !isJobId) throw new UsageError(`'${text2}' is not a job ID`);
  return checkProject(job.project), job;
}
function checkProject(project) {
  if (project !== void 0 && !Name.safeParse(project).success)
    throw new UsageError(`'${project}' is not a project name`);
  return project;
}

// client/ci-context.ts
function readCiContext(env) {
  return env.GITHUB_ACTIONS === "true" ? contextOf({
    actor: env.GITHUB_ACTOR,
    pipeline: joinNames(env.GITHUB_REPOSITORY, env.GITHUB_WORKFLOW),
    runUrl: `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`,
    commit: env.GITHUB_SHA
  }) : env.GITLAB_CI === "true" ? contextOf({
    actor: env.GITLAB_USER_LOGIN,
    pipeline: joinNames(env.CI_PROJECT_PATH, env.CI_JOB_NAME),
    runUrl: env.CI_JOB_URL,
    commit: env.CI_COMMIT_SHA
  }) : env.JENKINS_URL !== void 0 ? contextOf({ pipeline: env.JOB_NAME, runUrl: env.BUILD_URL, commit: env.GIT_COMMIT }) : {};
}
var MAX_LENGTHS = { actor: 200, pipeline: 200, runUrl: 1e3, commit: 100 };
function contextOf(values) {
  let context = {};
  for (let field of ["actor", "pipeline", "commit"]) {
    let text2 = values[field];
    text2 && (context[field] = truncate(text2, MAX_LENGTHS[field]));
  }
  let { runUrl } = values;
  return runUrl && runUrl.length <= MAX_LENGTHS.runUrl && URL.canParse(runUrl) && (context.runUrl = runUrl), context;
}
function joinNames(...names) {
  return names.filter(Boolean).join(" \xB7 ");
}

// lib/api/job-filter.ts
var MAX_CHARACTERS = 300;
var FilterText = string2().check(_minLength(1), _maxLength(MAX_CHARACTERS)), Label = string2().check(
  _maxLength(MAX_CHARACTERS),
  _regex(/^[^:].*:/s, "must be a key and a value, such as 'team:checkout'")
), TimeOrDate = union([IsoTime, iso_exports.date()]), FilterTime = string2().check(
  refine(
    (text2) => TimeOrDate.safeParse(text2).success,
    "must be a date such as '2026-11-23' or a time in UTC such as '2026-11-23T09:30:00Z'"
  )
);

// lib/api/job-list-document.ts
var ListedJob = object({
  project: string2(),
  jobId: string2(),
  state: WatchState,
  done: boolean2(),
  phase: MaybeText,
  type: MaybeText,
  resourceName: MaybeText,
  cause: withDescription(
    nullable(string2()),
    "The cause of the failure in one line. A long cause is truncated and ends in `\u2026`. Is null if nothing failed."
  ),
  actor: withDescription(
    nullable(string2()),
    "The actor from the context. Is null if the watch belongs to another caller."
  ),
  pipeline: withDescription(
    nullable(string2()),
    "The pipeline from the context. Is null if the watch belongs to another caller."
  ),
  polls: Count,
  acceptedAt: IsoTime,
  concludedAt: MaybeIsoTime,
  durationSeconds: withDescription(
    nullable(number2()),
    "The duration of the job that has ended. Is null if the duration is unknown."
  ),
  statusUrl: string2(),
  pageUrl: MaybeText,
  ready: withDescription(
    optional(Ready),
    "Present while the job has succeeded and the watch waits until the resource of the job is usable."
  )
}), JobList = object({
  jobs: array(ListedJob),
  next: withDescription(
    nullable(string2()),
    "Send this value as `before` to get older jobs. The value is null on the last page. A page with a `next` may contain fewer jobs than `limit`, or no jobs."
  )
});

// lib/ledger/page-token.ts
var Position = tuple([Count, JobId, CallerName]), MAX_TOKEN_LENGTH = 7e3, TOKEN_RULE = "must be the value of 'next' from the previous page", PageToken = string2().check(_regex(/^[A-Za-z0-9_-]+$/, TOKEN_RULE), _maxLength(MAX_TOKEN_LENGTH, TOKEN_RULE));

// lib/api/request-body.ts
var MAX_BODY_BYTES = 256 * 1024;

// lib/api/redelivery-request.ts
var TargetName = string2().check(
  _regex(/^(?:callback:)?[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "must be the name of a target of the watch")
), Redelivery = withDescription(
  strictObject({
    targets: withDescription(
      optional(
        array(TargetName).check(
          _minLength(1, "must have at least 1 target. Omit 'targets' to notify all targets."),
          _maxLength(50, "must have at most 50 targets")
        )
      ),
      "The targets to notify again. The default is all targets of the watch that the caller may use and whose `on` lists the outcome."
    )
  }),
  "The targets to notify again."
), SkipReason = withDescription(
  _enum(["target_off", "not_queued"]),
  "`target_off`: the target is switched off. A successful `POST /v1/targets/{name}/test` switches the target on. `not_queued`: the queue did not confirm the message. Send the request again."
), RedeliveryStatus = _enum(["queued", "skipped"]), RedeliveredTarget = object({
  target: string2(),
  status: RedeliveryStatus,
  /** Only a skipped target has a reason. */
  reason: optional(SkipReason)
}), RedeliveryResult = object({
  project: string2(),
  jobId: string2(),
  targets: array(RedeliveredTarget)
});

// lib/api/missed-redelivery.ts
var MissedRedelivery = withDescription(
  strictObject({
    since: withDescription(
      iso_exports.datetime({ offset: !0 }),
      "The service sends the notifications of the jobs whose watch ended at this time or later."
    ),
    dryRun: withDescription(
      optional(boolean2()),
      "If true, the service only lists the jobs and sends nothing."
    )
  }),
  "The notifications that a target missed."
), MissedStatus = _enum(["queued", "missed", "skipped"]), MissedJob = object({
  project: string2(),
  jobId: string2(),
  status: MissedStatus,
  reason: optional(SkipReason)
}), MissedRedeliveryResult = object({
  jobs: array(MissedJob),
  /** The value of `before` for the next request. Is null after the last job. */
  next: nullable(string2())
}), Position2 = tuple([Name, nullable(PageToken)]);

// lib/api/usable-names.ts
var ListedTarget = object({
  name: Name,
  kind: withDescription(string2(), "The kind of the target, such as `slack`.")
}), TargetList = object({ targets: array(ListedTarget) }), ListedProject = object({ name: Name }), ProjectList = object({ projects: array(ListedProject) });

// client/request.ts
import { setTimeout as sleep } from "node:timers/promises";

// client/errors.ts
var ProblemError = class extends Error {
  name = "ProblemError";
  problem;
  sent;
  constructor(problem, sent = {}) {
    let { type, title, detail } = problem;
    super(type.endsWith("#problem-not-found") ? detail : `${title}: ${detail}`), this.problem = problem, this.sent = sent;
  }
}, UnreachableError = class extends Error {
  name = "UnreachableError";
}, TokenError = class extends Error {
  name = "TokenError";
};

// client/network-error-text.ts
var CERTIFICATE = "its TLS certificate is not valid for this host or not trusted. NODE_EXTRA_CA_CERTS can name a file with more certificate authorities", TEXTS = [
  [/^ECONNREFUSED$/, "it refused the connection"],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, "the connection was closed before the answer"],
  [/^(ENOTFOUND|ENODATA)$/, "the host name does not exist"],
  [/^(EAI_AGAIN|ESERVFAIL|ETIMEOUT)$/, "the host name cannot be resolved now"],
  [/^(ETIMEDOUT|UND_ERR_\w*TIMEOUT)$/, "it did not answer in time"],
  [/^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/, "there is no network route to it"],
  [/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/, CERTIFICATE],
  [/^(EPROTO|ERR_SSL)/, "it does not use TLS. Check whether the URL must begin with http or https"],
  [/^(HPE_|UND_ERR_)/, "its answer is not valid HTTP"]
];
function networkErrorText(error) {
  let { name, code, message, cause } = toObjectOrEmpty(error);
  return name === "TimeoutError" ? "it did not answer in time" : typeof code == "string" ? `${TEXTS.find(([pattern]) => pattern.test(code))?.[1] ?? "the connection failed"} (${code})` : typeof message == "string" && message.includes("redirect") ? "it answers with a redirect" : message === "bad port" ? "HTTP may not use this port" : cause === void 0 ? "it gave no answer" : networkErrorText(cause);
}

// client/retry-delay.ts
var UNKNOWN_RESULT = [500, 502, 503, 504];
function isNotCarriedOut({ status, isProblem }) {
  return status === 429 || status === 503 && isProblem;
}
function retryDelayMs(failed, repeatable, tries, random) {
  let { status, retryAfterSeconds } = failed, mayHelp = status === null || UNKNOWN_RESULT.includes(status), retryAfterMs = (retryAfterSeconds ?? 0) * 1e3;
  if (!isNotCarriedOut(failed) && !(repeatable && mayHelp) || tries >= 5 || retryAfterMs > 3e4) return null;
  let backoffMs = 500 * 2 ** (tries - 1) * (0.75 + random / 2);
  return Math.max(backoffMs, retryAfterMs);
}

// client/token.ts
var GITHUB_TIMEOUT_MS = 1e4;
function parseToken(text2) {
  let fault = tokenFault(text2);
  if (fault !== null) throw new TokenError(`The token ${fault}.`);
  return text2.trim();
}
function tokenFault(text2) {
  let token = text2.trim();
  return /^[\x21-\x7e]+$/.test(token) ? null : token === "" ? "is empty" : /[\r\n]/.test(token) ? "contains a line break" : /\s/.test(token) ? "contains a space" : token.includes("\u2026") ? "contains '\u2026', like a shortened example" : "contains an invalid character";
}
var IdentityToken = object({ value: NonEmpty });
function createGithubTokenSource(env, audience, send = fetch) {
  let { ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken } = env;
  return !requestUrl || !requestToken ? null : async () => {
    let url2 = new URL(requestUrl);
    url2.searchParams.set("audience", audience);
    try {
      let response = await send(url2, {
        headers: { authorization: `Bearer ${requestToken}` },
        signal: AbortSignal.timeout(GITHUB_TIMEOUT_MS)
      });
      return IdentityToken.parse(await response.json()).value;
    } catch (cause) {
      throw new UnreachableError("GitHub did not issue an identity token for this job.", { cause });
    }
  };
}

// client/request.ts
var TIMEOUT_MS = 3e4, UNKNOWN_RESULT2 = "The service may have carried out the call. Check the deliveries before you repeat it.", OTHER_ORIGIN = "The response does not come from the service.";
async function request(connection, call, schema) {
  return (await requestReply(connection, call, schema)).data;
}
async function requestReply(connection, call, schema) {
  let { wait = sleep, random = Math.random } = connection;
  for (let tries = 1; ; tries += 1) {
    let result = await tryOnce(connection, call);
    if (result.status !== null && result.status < 300) {
      let parsed = schema.safeParse(result.text === "" ? null : parseJson(result.text));
      if (parsed.success) return { data: parsed.data, retryAfterSeconds: result.retryAfterSeconds };
      throw new UnreachableError(OTHER_ORIGIN, { cause: parsed.error });
    }
    let delayMs = retryDelayMs(result, call.repeatable, tries, random());
    if (delayMs !== null) await wait(delayMs);
    else throw result.status === null ? unreachableError(connection.url, result.cause) : problemError(result, call);
  }
}
async function tryOnce(connection, call) {
  let { url: url2, token, fetch: send = fetch } = connection, { method, path, body, waitSeconds = 0 } = call, bearerToken = parseToken(typeof token == "string" ? token : await token()), headers = new Headers({
    authorization: `Bearer ${bearerToken}`,
    accept: "application/json, application/problem+json"
  });
  body !== void 0 && headers.set("content-type", "application/json");
  try {
    let response = await send(`${url2.replace(/(?<!\/)\/+$/, "")}${path}`, {
      method,
      headers,
      ...body !== void 0 && { body: typeof body == "string" ? body : JSON.stringify(body) },
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS + waitSeconds * 1e3)
    }), seconds = /^\d{1,6}$/.exec(response.headers.get("retry-after") ?? "")?.[0], text2 = await response.text();
    return {
      status: response.status,
      retryAfterSeconds: seconds === void 0 ? null : Number(seconds),
      isProblem: Problem.safeParse(parseJson(text2)).success,
      text: text2
    };
  } catch (cause) {
    return { status: null, retryAfterSeconds: null, isProblem: !1, cause };
  }
}
function problemError({ status, text: text2 }, call) {
  let sent = { body: call.body, query: new URL(call.path, "http://any.invalid").searchParams }, document = parseJson(text2), parsed = Problem.safeParse(document);
  if (parsed.success) return new ProblemError(parsed.data, sent);
  let { message } = toObjectOrEmpty(document), reported = typeof message == "string" && message.length <= MAX_MESSAGE_LENGTH ? message : OTHER_ORIGIN, detail = !call.repeatable && status >= 500 ? `${reported.replace(/\.?$/, ".")} ${UNKNOWN_RESULT2}` : reported;
  return new ProblemError({ type: "about:blank", title: `HTTP ${status}`, status, detail }, sent);
}
var MAX_MESSAGE_LENGTH = 200;
function unreachableError(url2, cause) {
  let host = URL.canParse(url2) ? new URL(url2).host : "this address";
  return new UnreachableError(`The service at ${host} cannot be reached: ${networkErrorText(cause)}.`, {
    cause
  });
}

// client/client.ts
function createClient(connection) {
  let pathOf = ({ project, jobId }) => `/v1/jobs/${encodeURIComponent(project)}/${encodeURIComponent(jobId)}`, statusReply = (watch, waitSeconds) => {
    let path = `${pathOf(watch)}${waitSeconds > 0 ? `?wait=${waitSeconds}` : ""}`;
    return requestReply(connection, { method: "GET", path, repeatable: !0, waitSeconds }, StatusDocument);
  };
  return {
    /** Submits jobs to watch. A second call with the same jobs is safe. */
    watch(submission) {
      return request(connection, { method: "POST", path: "/v1/jobs", body: submission, repeatable: !0 }, SubmissionResult);
    },
    /** Submits the unchanged reply of a CCE create or delete call. `query` contains fields such as `project`. */
    watchReply(reply, query = {}) {
      let path = `/v1/jobs?${new URLSearchParams({ from: "cce", ...query })}`;
      return request(connection, { method: "POST", path, body: reply, repeatable: !0 }, SubmissionResult);
    },
    /**
     * Reads the status of a job. If the service polls the job in the next `waitSeconds` seconds (0 to 25), the service
     * waits for the end of the watch in this time.
     */
    async status(watch, waitSeconds = 0) {
      return (await statusReply(watch, waitSeconds)).data;
    },
    /** Reads the status of a job like `status`. `retryAfterSeconds` ends just after the next poll of the job. */
    statusReply,
    /** Reads one page of the jobs of a project, newest first. A field of the query may be repeated, such as `label`. */
    list(query = []) {
      let path = `/v1/jobs?${new URLSearchParams([...query])}`;
      return request(connection, { method: "GET", path, repeatable: !0 }, JobList);
    },
    /** Reads the projects that the caller may use. */
    async projects() {
      return (await request(connection, { method: "GET", path: "/v1/projects", repeatable: !0 }, ProjectList)).projects.map(({ name }) => name);
    },
    /** Reads the targets that the caller may use. */
    async targets() {
      return (await request(connection, { method: "GET", path: "/v1/targets", repeatable: !0 }, TargetList)).targets.map(({ name }) => name);
    },
    /** Stops a watch. The service sends no notification about the stopped watch. */
    async stop(watch) {
      await request(connection, { method: "DELETE", path: pathOf(watch), repeatable: !0 }, _null3());
    },
    /**
     * Sends the outcome of a watch again to `targets`. If `targets` is missing, the method sends the outcome again to
     * all targets of the watch.
     */
    redeliver(watch, targets) {
      let path = `${pathOf(watch)}/redeliver`;
      return request(connection, { method: "POST", path, body: targets === void 0 ? {} : { targets }, repeatable: !1 }, RedeliveryResult);
    },
    /**
     * Sends to a target the notifications that the target missed since a time in ISO 8601.
     * @param before the value of `next` from the previous call, or null for the first call
     */
    redeliverMissed(target, body, before = null) {
      let query = before === null ? "" : `?${new URLSearchParams({ before })}`, path = `/v1/targets/${encodeURIComponent(target)}/redeliver${query}`;
      return request(connection, { method: "POST", path, body, repeatable: !0 }, MissedRedeliveryResult);
    },
    /** Sends one real test message to a target. */
    test(target) {
      let path = `/v1/targets/${encodeURIComponent(target)}/test`;
      return request(connection, { method: "POST", path, repeatable: !1 }, TestResult);
    }
  };
}

// client/printable-text.ts
var UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, COMMAND_ANYWHERE = /#(?=#\w*\[)/g, COMMAND_AT_START = /^\s*(?:::|---|\+\+\+|~~~|\^\^\^)/, SECTION = /(?<=section_(?:start|end)):(?=\d)/g;
function toPrintable(text2) {
  return text2.replace(UNPRINTABLE, " ").replace(COMMAND_ANYWHERE, "# ").replace(SECTION, ": ").replace(COMMAND_AT_START, "| $&");
}
function toPrintableJson(document) {
  return [UNPRINTABLE, COMMAND_ANYWHERE, SECTION].reduce(
    (json, pattern) => json.replace(pattern, escapeCharacter),
    JSON.stringify(document)
  );
}
var escapeCharacter = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

// client/error-text.ts
var SECRET_FIELDS = ["callbackUrl"], MAX_VALUE_LENGTH = 80;
function errorDocument(error) {
  return error instanceof ProblemError ? error.problem : { detail: messageOf2(error) };
}
function errorLines(error, name) {
  let message = name === void 0 ? messageOf2(error) : `${name}: ${messageOf2(error)}`;
  if (!(error instanceof ProblemError)) return [message];
  let faults = (error.problem.errors ?? []).filter(({ detail }) => !message.includes(detail));
  return [message, ...faults.map((fault) => faultLine(fault, error.sent))];
}
var ERRORS_FOR_PEOPLE = [ProblemError, UnreachableError, TokenError, UsageError];
function messageOf2(error) {
  let isForPeople = ERRORS_FOR_PEOPLE.some((type) => error instanceof type), message = error instanceof Error ? error.message : String(error);
  return isForPeople ? message : `internal error: ${message}. ${REPORT}`;
}
var REPORT = "This is a bug of cce-notifier. Please report it with the command line and the version.";
function internalErrorText(error) {
  return `cce-notifier: ${toPrintable(messageOf2(error))}
`;
}
function faultLine({ pointer, parameter, detail }, { body, query }) {
  let path = pointer === void 0 ? [] : pointerSteps(pointer), value = parameter === void 0 ? valueAt(body, path) : query?.get(parameter), isShown = !SECRET_FIELDS.includes(parameter ?? path.at(-1) ?? "") && ["string", "number"].includes(typeof value), location = pointer ?? parameter ?? "";
  return (isShown ? `'${truncate(String(value), MAX_VALUE_LENGTH)}' (${location}) ${detail}` : `${location} ${detail}`).trim();
}
function pointerSteps(pointer) {
  try {
    return decodeURIComponent(pointer.replace(/^#/, "")).split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  } catch {
    return [];
  }
}
function valueAt(body, steps) {
  let root = typeof body == "object" ? body : void 0;
  return steps.reduce(
    (value, step) => typeof value == "object" && value !== null && Object.hasOwn(value, step) ? Reflect.get(value, step) : void 0,
    root
  );
}

// lib/domain/time-text.ts
function formatDuration(durationMs) {
  let seconds = Math.max(0, Math.floor(durationMs / 1e3)), twoDigits = (value) => String(value).padStart(2, "0");
  if (seconds < 60) return `${seconds} s`;
  let minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  let hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${twoDigits(minutes % 60)} min` : `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

// client/status-text.ts
var MARKS = {
  watching: "\u2026",
  succeeded: "\u2714",
  failed: "\u2716",
  not_ready: "\u2716",
  timed_out: "\u23F1",
  lost: "?",
  stopped: "\u25A0"
};
function jobName({ project, jobId }) {
  return `${project}/${jobId}`;
}
function statusLine(status, ageMs = null) {
  let { state, type, resourceName } = status, job = [jobName(status), type && jobTypeText(type), resourceName].filter(Boolean).join(" ");
  return `${MARKS[state]} ${job}: ${stateFacts(status, ageMs).join(", ")}`;
}
function stateFacts(status, ageMs) {
  let { state, durationSeconds, expected, lastPollError, job, type, reason } = status;
  if (status.done) {
    let duration3 = durationSeconds === null ? "" : ` after ${formatDuration(durationSeconds * 1e3)}`;
    return [state === "succeeded" || state === "failed" ? `${state}${duration3}` : state.replace("_", " "), ...endedFacts(status)];
  }
  let running = job === null ? "" : listRunning(job);
  return [
    progress(status),
    ...ageMs === null ? [] : [`${formatDuration(ageMs)} elapsed`],
    ...endedFacts(status),
    ...running === "" ? [] : [`running: ${running}`],
    ...expected === void 0 ? [] : [expectedText(expected)],
    // The reason of a running operation says that it is paused.
    ...reason === null || !isOperationKind(type) ? [] : [reason.split(`
`, 1).join()],
    ...lastPollError === null ? [] : [lastPollError]
  ];
}
function endedFacts({ subJobs: { total, succeeded, failed } }) {
  return total === 0 ? [] : [`${succeeded + failed} of ${total} subjobs ended`];
}
function expectedText({ p50Seconds, p90Seconds, fromJobs, remainingSeconds }) {
  let duration3 = (seconds) => seconds < 120 ? formatDuration(seconds * 1e3) : `${Math.round(seconds / 60)} min`, jobs = `${fromJobs} ${fromJobs === 1 ? "job" : "jobs"}`, rest = remainingSeconds === null ? "longer than all of them" : `about ${duration3(remainingSeconds)} remaining`;
  return `usually ${duration3(p50Seconds)} to ${duration3(p90Seconds)} (from ${jobs}), ${rest}`;
}
function progress({ phase, polls, ready }) {
  return ready?.state === "pending" ? "succeeded, waiting until ready" : phase !== null ? phase : polls === 0 ? "not polled yet" : `no phase after ${polls} ${polls === 1 ? "poll" : "polls"}`;
}
var NOT_STARTED = /^init/i;
function listRunning(job) {
  let groups = /* @__PURE__ */ new Map(), open = [...job.subJobs];
  for (let node = open.shift(); node !== void 0; node = open.shift()) {
    if (node.state !== "pending") continue;
    let below = node.subJobs.filter(({ state }) => state === "pending");
    if (below.length > 0) open.push(...below);
    else if (!NOT_STARTED.test(node.phase ?? "")) {
      let type = node.type ?? "unknown";
      groups.set(type, [...groups.get(type) ?? [], node]);
    }
  }
  let names = [...groups].map(
    ([type, nodes]) => nodes.length > 1 ? `${nodes.length} \xD7 ${type}` : [type, nodes[0]?.resourceName].filter(Boolean).join(" ")
  );
  return listNames(names.slice(0, SHOWN_NAMES), names.length);
}
function reasonLines({ state, reason, causes, causesOmitted }) {
  if (state === "succeeded" || state === "watching") return [];
  let lines = causes.flatMap((cause) => [
    `${cause.count > 1 ? `${cause.count} \xD7 ` : ""}${cause.type ?? "unknown"} ${listResources(cause)}`.trim(),
    ...(cause.reason ?? "").split(`
`).map((line) => `  ${line}`),
    cause.hint === null ? "" : `  hint: ${cause.hint}`
  ]), own2 = causes.length > 0 ? [] : (reason ?? "").split(`
`), more = causesOmitted > 0 ? [`and ${causesOmitted} more ${causesOmitted === 1 ? "cause" : "causes"}`] : [];
  return [...own2, ...lines, ...more].filter((line) => line.trim() !== "").map((line) => `  | ${line}`);
}
var NOT_NOTIFIED = {
  rejected: "rejected",
  gone: "the target is gone",
  exhausted: "gave up after all attempts"
};
function failedDeliveries({ deliveries }) {
  return deliveries.filter(({ state }) => NOT_NOTIFIED[state] !== void 0);
}
function deliveryLines(status) {
  if (!status.done || status.state === "stopped") return [];
  let delivered = status.deliveries.filter(({ state }) => state === "delivered").map(({ target }) => target), pending = status.deliveries.filter(({ state }) => state === "pending");
  return [
    ...status.deliveries.length === 0 ? ["no target is notified of this outcome"] : [],
    ...delivered.length === 0 ? [] : [`notified: ${delivered.join(", ")}`],
    ...pending.map((delivery) => `not notified yet: ${delivery.target}${attemptText(delivery)}`),
    ...failedDeliveries(status).map((delivery) => `not notified: ${describeFailure(delivery)}`)
  ].map((line) => `  ${line}`);
}
function describeFailure({ target, state, lastReason, lastStatus }) {
  return `${target} (${[NOT_NOTIFIED[state], ...answerTexts(lastReason, lastStatus)].join(", ")})`;
}
function attemptText({ attempts, lastReason, lastStatus }) {
  let texts = answerTexts(lastReason, lastStatus), count = `${attempts} ${attempts === 1 ? "attempt" : "attempts"}`;
  return texts.length === 0 ? "" : ` (${[count, ...texts].join(", ")}). The service sends it again`;
}
function answerTexts(reason, status) {
  return [
    ...reason === null ? [] : [reason.replaceAll("_", " ")],
    ...status === null ? [] : [`HTTP ${status}`]
  ];
}

// client/exit-code.ts
var EXIT = {
  succeeded: 0,
  failed: 1,
  usage: 2,
  undecided: 3,
  unreachable: 4,
  notNotified: 5
};
function exitCodeOfStatuses(statuses) {
  return worstExitCode(statuses.map(exitCodeOfStatus));
}
function exitCodeOfStatus(status) {
  switch (status.state) {
    case "watching":
      return EXIT.succeeded;
    case "succeeded":
      return failedDeliveries(status).length === 0 ? EXIT.succeeded : EXIT.notNotified;
    case "failed":
    case "not_ready":
      return EXIT.failed;
    case "timed_out":
    case "lost":
    case "stopped":
      return EXIT.undecided;
    default:
      return status.state;
  }
}
var WORST_FIRST = [
  EXIT.unreachable,
  EXIT.usage,
  EXIT.failed,
  EXIT.undecided,
  EXIT.notNotified,
  EXIT.succeeded
];
function worstExitCode(codes) {
  return WORST_FIRST.find((code) => codes.includes(code)) ?? EXIT.succeeded;
}
var USAGE_STATUSES = [400, 409, 413, 415, 422];
function exitCodeOfError(error) {
  return error instanceof UsageError || error instanceof TokenError || error instanceof ProblemError && USAGE_STATUSES.includes(error.problem.status) ? EXIT.usage : EXIT.unreachable;
}

// client/call-results.ts
var CallResults = class {
  values = /* @__PURE__ */ new Map();
  #errors = /* @__PURE__ */ new Map();
  #screen;
  constructor(screen) {
    this.#screen = screen;
  }
  /** Adds the error response of the service for one job or target, and prints the error. */
  addRefusal(name, error) {
    this.#errors.set(name, error), this.#screen.printError(errorLines(error, name));
  }
  /** Adds one error for several jobs or targets, and prints the error once. */
  addOutage(names, error) {
    for (let name of names) this.#errors.set(name, error);
    this.#screen.printError(errorLines(error));
  }
  hasError(name) {
    return this.#errors.has(name);
  }
  /**
   * Returns the error of a job or target as a field of a JSON document. Returns an empty object if the job or target
   * has no error.
   */
  errorField(name) {
    return this.hasError(name) ? { error: errorDocument(this.#errors.get(name)) } : {};
  }
  /** Returns the worst exit code of all errors. */
  exitCode() {
    return worstExitCode([...this.#errors.values()].map(exitCodeOfError));
  }
  /** Calls the service for each item, one after the other. Stops after an outage, because further calls would fail. */
  async callEach(items, nameOf, call) {
    for (let [i, item] of items.entries())
      try {
        await call(item);
      } catch (error) {
        if (!(error instanceof ProblemError)) return this.addOutage(items.slice(i).map(nameOf), error);
        this.addRefusal(nameOf(item), error);
      }
  }
};

// client/default-project.ts
async function withProjects(jobs, client) {
  let defaultProject = jobs.every(({ project }) => project !== void 0) ? "" : await findDefaultProject(client);
  return jobs.map(({ project = defaultProject, jobId }) => ({ project, jobId }));
}
async function findDefaultProject(client) {
  let projects = await client.projects(), [only] = projects;
  if (only !== void 0 && projects.length === 1) return only;
  let jobs = await client.list([["limit", "1"]]).then(
    (page) => page.jobs,
    (error) => {
      if (error instanceof ProblemError) return [];
      throw error;
    }
  ), [newest] = jobs;
  if (newest !== void 0) return newest.project;
  throw new UsageError(
    `the project is missing: use --project, NOTIFIER_PROJECT or PROJECT/JOB_ID. Projects you may use: ${projects.join(", ") || "none"}.`
  );
}

// client/follow-watches.ts
var MAX_PARALLEL_CALLS = 5, MAX_WAIT_SECONDS = 5, MIN_DELAY_SECONDS = 1;
function waitSecondsPerCall(running) {
  return Math.floor(MAX_WAIT_SECONDS * MAX_PARALLEL_CALLS / Math.max(running, MAX_PARALLEL_CALLS));
}
async function followWatches(watches, { timeoutMs, client, isOver, onStatus, onRefused, now, wait }) {
  let deadline = now() + timeoutMs, limitCalls = createCallLimit(MAX_PARALLEL_CALLS), running = watches.length, failed = !1;
  async function follow(watch) {
    for (let isFirstCall = !0; ; isFirstCall = !1) {
      let remainingSeconds = Math.ceil((deadline - now()) / 1e3);
      if (failed || remainingSeconds <= 0) return;
      let delaySeconds = await limitCalls(() => readStatus(watch, isFirstCall ? 0 : remainingSeconds));
      if (delaySeconds === null) break;
      await wait(Math.max(0, Math.min(delaySeconds * 1e3, deadline - now())));
    }
    running -= 1;
  }
  async function readStatus(watch, maxWaitSeconds) {
    let waitSeconds = Math.min(maxWaitSeconds, waitSecondsPerCall(running));
    try {
      let { data, retryAfterSeconds } = await client.statusReply(watch, waitSeconds);
      return onStatus(data), isOver(data) ? null : Math.max(MIN_DELAY_SECONDS, retryAfterSeconds ?? 0);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return onRefused(watch, error), null;
    }
  }
  return await Promise.all(
    watches.map(
      (watch) => follow(watch).catch((error) => {
        throw failed = !0, error;
      })
    )
  ), running === 0;
}
function createCallLimit(limit) {
  let waiting = [], calls = 0;
  return async (call) => {
    calls === limit ? await new Promise((resolve2) => waiting.push(resolve2)) : calls += 1;
    try {
      return await call();
    } finally {
      let next = waiting.shift();
      next === void 0 ? calls -= 1 : next();
    }
  };
}

// client/terminal.ts
var ESCAPE = "\x1B[", DEFAULT_COLUMNS = 80, MIN_COLUMNS = 20, DEFAULT_ROWS = 24;
function isTerminal(output, env) {
  return output.isTTY === !0 && env.TERM !== "dumb";
}
function hasColour(output, env) {
  return isTerminal(output, env) && !env.NO_COLOR;
}
function columnsOf({ columns }) {
  return Math.max(MIN_COLUMNS, (columns || DEFAULT_COLUMNS) - 1);
}
function rowsOf({ rows: rows2 }) {
  return rows2 || DEFAULT_ROWS;
}
var COLOURS = { red: 31, green: 32, yellow: 33, cyan: 36, grey: 90 };
function colourText(text2, colour) {
  return colour === "bold" ? `${ESCAPE}1m${text2}${ESCAPE}0m` : `${ESCAPE}${COLOURS[colour]}m${text2}${ESCAPE}0m`;
}
var MARK_COLOURS = {
  "\u2714": "green",
  "\u2716": "red",
  "\u23F1": "yellow",
  "?": "yellow",
  "\u2026": "cyan"
};
function colourMark(line) {
  let mark = [...line][0] ?? "", colour = line[mark.length] === " " ? MARK_COLOURS[mark] : void 0;
  return colour === void 0 ? line : colourText(mark, colour) + line.slice(mark.length);
}
var WIDE = new RegExp("[\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff00-\\uff60\\uffe0-\\uffe6]|\\p{Emoji_Presentation}", "gu");
function countColumns(text2) {
  return text2.length + (text2.match(WIDE)?.filter((character) => character.length === 1).length ?? 0);
}
function createLiveLines(output, paint) {
  let shown = [], erase = () => shown.length > 0 ? `\r${ESCAPE}${shown.length}A${ESCAPE}0J` : "", draw = (lines) => lines.map((line) => `${paint(truncate(line, columnsOf(output), countColumns))}
`).join("");
  return {
    print: (text2) => output.write(erase() + text2 + draw(shown)),
    update(lines) {
      lines.length === shown.length && lines.every((line, i) => line === shown[i]) || (output.write(erase() + draw(lines)), shown = [...lines]);
    },
    end() {
      shown = [];
    }
  };
}

// client/wait-progress.ts
var FIRST_LINE_MS = 1500, LOG_INTERVAL_MS = 25e3, MAX_LOGGED_JOBS = 5, INDENT = "  ", WaitProgress = class {
  #screen;
  /** The terminal that shows the lines, or null for a log. */
  #terminal;
  #now;
  #startedAt;
  #jobs = /* @__PURE__ */ new Map();
  #endedJobs = 0;
  /** What the command waits for while no job is known to run. Is null after the first status of a job. */
  #activity;
  #printedAt = null;
  /**
   * @param activity what the command waits for until a job is known, such as `submitting 1 job`
   * @param now returns the time in milliseconds since 1970, from a clock that is never set back
   */
  constructor(screen, terminal, now, activity) {
    this.#screen = screen, this.#terminal = terminal, this.#now = now, this.#startedAt = now(), this.#activity = activity;
  }
  /** Prints lines that stay above the lines about running jobs. */
  print(lines) {
    lines.length !== 0 && (this.#screen.print(lines), this.#printedAt = this.#now());
  }
  /** Sets what the command waits for while no job runs. */
  setActivity(activity) {
    this.#activity = activity, this.#printedAt = this.#now(), this.#redraw();
  }
  onStatus(status) {
    let name = jobName(status), known = this.#jobs.get(name), now = this.#now();
    if (this.#activity = null, status.done)
      this.#jobs.delete(name), this.#endedJobs += 1, this.#redraw(), this.print([statusLine(status)]);
    else {
      let facts = stateFacts({ ...status, expected: void 0 }, null).join(", "), shown = { status, receivedAt: now, facts, printedAt: known?.printedAt ?? 0 };
      this.#jobs.set(name, shown), facts !== known?.facts && this.#terminal === null && this.#log(shown), this.#redraw();
    }
  }
  /** Removes a job that the command no longer follows. */
  remove(name) {
    this.#jobs.delete(name), this.#redraw();
  }
  tick() {
    let now = this.#now();
    if (this.#terminal !== null) {
      (this.#printedAt !== null || now - this.#startedAt >= FIRST_LINE_MS) && this.#redraw();
      return;
    }
    let isDue = (at2) => now - at2 >= LOG_INTERVAL_MS, jobs = [...this.#jobs.values()];
    if (!(jobs.length === 0 && this.#activity === null))
      if (jobs.length > 0 && jobs.length <= MAX_LOGGED_JOBS)
        for (let job of jobs.filter(({ printedAt }) => isDue(printedAt))) this.#log(job);
      else (this.#printedAt === null ? now - this.#startedAt >= FIRST_LINE_MS : isDue(this.#printedAt)) && this.print([this.#summary()]);
  }
  /** Removes the lines that change in place. */
  end() {
    this.#jobs.clear(), this.#screen.update([]);
  }
  #log(job) {
    job.printedAt = this.#now(), this.print([statusLine(this.#countDown(job), this.#ageOf(job))]);
  }
  #summary() {
    let elapsed = `${formatDuration(this.#now() - this.#startedAt)} elapsed`, running = this.#jobs.size;
    return running === 0 ? `\u2026 ${this.#activity}, ${elapsed}` : `\u2026 ${this.#endedJobs} of ${this.#endedJobs + running} jobs ended, ${elapsed}`;
  }
  #ageOf({ status: { createdAt, acceptedAt } }) {
    return Math.max(0, this.#now() - Date.parse(createdAt ?? acceptedAt));
  }
  /** Returns the status with the remaining time of now. The service states the remaining time of its response. */
  #countDown({ status, receivedAt }) {
    let { expected } = status;
    if (!expected || expected.remainingSeconds === null) return status;
    let seconds = Math.max(0, expected.remainingSeconds - (this.#now() - receivedAt) / 1e3);
    return { ...status, expected: { ...expected, remainingSeconds: seconds } };
  }
  #redraw() {
    if (this.#terminal === null) return;
    let width = columnsOf(this.#terminal), jobs = [...this.#jobs.values()], blocks = jobs.map((job) => this.#block(job, width)), available = rowsOf(this.#terminal) - 2, lines = blocks.flat();
    if (jobs.length === 0) this.#screen.update(this.#activity === null ? [] : [this.#summary()]);
    else if (lines.length <= available) this.#screen.update(lines);
    else {
      let heads = blocks.slice(0, available - 1).map(([head = ""]) => head), more = jobs.length - heads.length;
      this.#screen.update([...heads, more > 0 ? `\u2026 and ${more} more jobs` : this.#summary()]);
    }
  }
  /** Returns the lines about a job, which contain as many facts as fit into the width. */
  #block(job, width) {
    let status = this.#countDown(job), { type, resourceName, state } = status, [phase = "", ...facts] = stateFacts(status, this.#ageOf(job)), about = [type, resourceName].filter(Boolean).join(" "), lines = [`${MARKS[state]} ${about === "" ? phase : `${about}: ${phase}`}`];
    for (let fact of [jobName(status), ...facts]) {
      let line = `${lines.at(-1)}, ${fact}`;
      countColumns(line) <= width ? lines[lines.length - 1] = line : lines.push(INDENT + fact);
    }
    return lines;
  }
};

// client/wait-for-jobs.ts
var DELIVERY_TIME_LIMIT_MS = 3e4, TICK_MS = 1e3;
async function withProgress(activity, { screen, terminal, now, every }, run2) {
  let progress2 = new WaitProgress(screen, terminal, now, activity), stop = every(TICK_MS, () => progress2.tick());
  try {
    return await run2(progress2);
  } finally {
    stop(), progress2.end();
  }
}
async function readJobs(watches, { client, screen }, printStatus) {
  let results = new CallResults(screen);
  return await results.callEach(distinct(watches), jobName, async (watch) => {
    let status = await client.status(watch);
    results.values.set(jobName(status), status), printStatus(status);
  }), summarize(results, /* @__PURE__ */ new Map(), screen);
}
async function waitForJobs(watches, timeoutMs, pageUrls, ports, progress2) {
  let { client, screen, now, wait, onInterrupt } = ports, results = new CallResults(screen), jobs = distinct(watches), unfinished = () => jobs.filter((job) => !isKnown(job, ({ done }) => done)), isKnown = (job, isOver) => {
    let status = results.values.get(jobName(job));
    return results.hasError(jobName(job)) || status !== void 0 && isOver(status);
  }, follow = (followed, limitMs, isOver, onRefused) => followWatches(followed, {
    client,
    now,
    wait,
    timeoutMs: limitMs,
    isOver,
    onStatus: (status) => {
      let hadEnded = results.values.get(jobName(status))?.done === !0;
      results.values.set(jobName(status), status), hadEnded || progress2.onStatus(status);
    },
    onRefused
  });
  onInterrupt(() => interruptLines(jobs, unfinished().length));
  let deadline = now() + timeoutMs, isInTime = await follow(
    jobs,
    timeoutMs,
    ({ done }) => done,
    (watch, error) => {
      results.addRefusal(jobName(watch), error), progress2.remove(jobName(watch));
    }
  ).catch((error) => (results.addOutage(unfinished().map(jobName), error), !0)), waiting = jobs.filter((job) => isKnown(job, hasPendingDelivery) && !results.hasError(jobName(job)));
  if (isInTime && waiting.length > 0) {
    progress2.setActivity("waiting for the notifications");
    let limitMs = Math.min(DELIVERY_TIME_LIMIT_MS, deadline - now());
    await follow(waiting, limitMs, (status) => !hasPendingDelivery(status), () => {
    }).catch(() => {
    });
  }
  progress2.end();
  let { code } = summarize(results, pageUrls, screen);
  return isInTime ? { results, code } : (screen.printError([timeoutText(timeoutMs, unfinished().length), ...waitAgain(jobs)]), { results, code: worstExitCode([code, EXIT.undecided]) });
}
function distinct(watches) {
  return [...new Map(watches.map((watch) => [jobName(watch), watch])).values()];
}
function hasPendingDelivery({ done, state, deliveries }) {
  return done && state !== "stopped" && deliveries.some((delivery) => delivery.state === "pending");
}
function summarize(results, pageUrls, screen) {
  let statuses = [...results.values.values()];
  for (let status of statuses) {
    let name = jobName(status), pageUrl = pageUrls.get(name), page = status.done && pageUrl !== void 0 ? [`  page: ${pageUrl}`] : [], lines = [...reasonLines(status), ...page, ...deliveryLines(status)];
    lines.length > 0 && screen.print([`${name}:`, ...lines]);
  }
  for (let status of statuses) {
    let failed = failedDeliveries(status);
    if (failed.length === 0) continue;
    let targets = failed.map(({ target }) => target).join(",");
    screen.printError([
      `warning: ${jobName(status)}: not notified: ${failed.map(describeFailure).join(", ")}`,
      `To send it again: cce-notifier redeliver ${jobName(status)} --target ${targets}`
    ]);
  }
  return { results, code: worstExitCode([exitCodeOfStatuses(statuses), results.exitCode()]) };
}
function timeoutText(timeoutMs, jobs) {
  return `${jobs === 1 ? "1 job has not ended" : `${jobs} jobs have not ended`} after ${timeoutMs / 1e3} s. The service continues to watch.`;
}
function waitAgain(jobs) {
  return [`To wait again: cce-notifier status ${jobs.map(jobName).join(" ")} --wait`];
}
function interruptLines(jobs, unfinished) {
  return [`interrupted: ${unfinished === 0 ? "the jobs have ended, and the service continues to send their notifications" : `the service continues to watch ${unfinished === 1 ? "1 job" : `${unfinished} jobs`}`}.`, ...waitAgain(jobs)];
}

// client/commands.ts
async function showStatus({ wait, timeoutMs, ...command }, ports) {
  let show = async (watches2) => {
    let { screen, now } = ports;
    return wait ? withProgress(
      `reading ${countJobs(watches2)}`,
      ports,
      (progress2) => waitForJobs(watches2, timeoutMs, /* @__PURE__ */ new Map(), ports, progress2)
    ) : readJobs(watches2, ports, (status) => {
      let ageMs = Math.max(0, now() - Date.parse(status.createdAt ?? status.acceptedAt));
      screen.print([statusLine(status, ageMs)]);
    });
  }, watches = await withProjects(command.jobs, ports.client), { results, code } = await show(watches);
  return { document: { jobs: watches.map((watch) => {
    let name = jobName(watch);
    return { ...watch, ...results.values.get(name), ...results.errorField(name) };
  }) }, code };
}
function countJobs(jobs) {
  return jobs.length === 1 ? "1 job" : `${jobs.length} jobs`;
}
async function stopWatches(watches, { client, screen }) {
  let results = new CallResults(screen);
  return await results.callEach(watches, jobName, async (watch) => {
    await client.stop(watch), screen.print([`${jobName(watch)}: no longer watched`]);
  }), { document: { jobs: watches.map((watch) => ({ ...watch, ...results.errorField(jobName(watch)) })) }, code: results.exitCode() };
}
function describeSkip(target, reason) {
  return reason === "target_off" ? `the target is switched off. To switch it on, run: cce-notifier test ${target}` : "the service did not queue the notification. Run the command again";
}
async function redeliverOutcome({ job, targets }, { client, screen }) {
  let [watch] = await withProjects([job], client);
  if (watch === void 0) throw new Error("the job has no project");
  let document = await client.redeliver(watch, targets), lines = document.targets.map(
    ({ target, status, reason }) => status === "queued" ? `\u2714 ${target}: the notification is queued again` : `\u2716 ${target}: not queued: ${describeSkip(target, reason)}`
  );
  screen.print([`${jobName(watch)}:`, ...(lines.length > 0 ? lines : ["nothing to send, because no target of this watch gets this outcome"]).map((line) => `  ${line}`)]);
  let isSkipped = document.targets.some(({ status }) => status === "skipped");
  return { document, code: isSkipped ? EXIT.failed : EXIT.succeeded };
}
var MISSED_TEXTS = {
  queued: "the notification is queued again",
  missed: "missed",
  skipped: "not queued"
};
async function redeliverMissed({ target, since, dryRun }, { client, screen }) {
  let jobs = [], before = null;
  do {
    let page = await client.redeliverMissed(target, { since, dryRun }, before);
    jobs.push(...page.jobs), screen.print(page.jobs.map((job) => `${jobName(job)}: ${MISSED_TEXTS[job.status]}`)), before = page.next;
  } while (before !== null);
  let reasons = new Set(jobs.filter(({ status }) => status === "skipped").map(({ reason }) => reason)), skipped = [...reasons].map((reason) => `${target}: not queued: ${describeSkip(target, reason)}`);
  return screen.print(jobs.length === 0 ? [`${target} missed no notification`] : skipped), { document: { target, jobs }, code: reasons.size === 0 ? EXIT.succeeded : EXIT.failed };
}
var TEST_TEXTS = {
  delivered: "delivered",
  retry: "not delivered now, a notification would be sent again",
  rejected: "rejected",
  gone: "the target is gone"
};
async function testTargets({ targets: names }, { client, screen }) {
  let results = new CallResults(screen), distinct3 = [...new Set(names)], nameOf = (name) => name;
  await results.callEach(distinct3, nameOf, async (name) => {
    let result = await client.test(name);
    results.values.set(name, result);
    let mark = result.verdict === "delivered" ? "\u2714" : "\u2716", verdict = TEST_TEXTS[result.verdict];
    screen.print([`${mark} ${name}: ${verdict} (${answerTexts(result.reason, result.status).join(", ")})`]);
  });
  let targets = distinct3.map((target) => ({
    target,
    ...results.values.get(target),
    ...results.errorField(target)
  })), isDelivered = [...results.values.values()].every(({ verdict }) => verdict === "delivered");
  return {
    document: { targets },
    code: worstExitCode([isDelivered ? EXIT.succeeded : EXIT.failed, results.exitCode()])
  };
}

// client/list-jobs.ts
var MAX_PAGE = 100;
async function listJobs({ query, limit }, { client, screen, terminal }) {
  let jobs = [], before = null;
  do {
    let page = await client.list([
      ...query,
      ["limit", String(Math.min(MAX_PAGE, limit - jobs.length))],
      ...before === null ? [] : [["before", before]]
    ]);
    jobs.push(...page.jobs), before = page.next;
  } while (before !== null && jobs.length < limit);
  return jobs.length === 0 ? screen.print(["no jobs"]) : screen.print(terminal === null ? tableLines(jobs) : terminalLines(jobs, columnsOf(terminal))), before !== null && jobs.length > 0 && screen.print([`There are older jobs. To list them, add: --limit ${2 * limit}, or --to TIME`]), { document: { jobs, next: before }, code: EXIT.succeeded };
}
var HEADER = ["  STATE", "JOB", "TYPE", "RESOURCE", "SUBMITTED (UTC)", "DURATION", "BY", "CAUSE"];
function cellsOf(job) {
  let { state, type, resourceName, acceptedAt, durationSeconds, actor, cause } = job;
  return [
    `${MARKS[state]} ${state.replace("_", " ")}`,
    jobName(job),
    type ?? "",
    resourceName ?? "",
    acceptedAt.slice(0, 16).replace("T", " "),
    durationSeconds === null ? "" : formatDuration(durationSeconds * 1e3),
    actor ?? "",
    cause ?? ""
  ].map((cell) => cell.replace(/\s+/g, " "));
}
function tableLines(jobs) {
  let rows2 = [HEADER, ...jobs.map(cellsOf).map((cells) => cells.map((cell) => cell || "-"))], widths = HEADER.map((_, column) => Math.max(...rows2.map((row) => countColumns(row[column] ?? ""))));
  return rows2.map(
    (row) => row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - countColumns(cell))).join("  ").trimEnd()
  );
}
function terminalLines(jobs, width) {
  let table = tableLines(jobs);
  return table.every((line) => countColumns(line) <= width) ? table : jobs.flatMap((job) => {
    let [state = "", name = "", ...cells] = cellsOf(job), lines = [`${state}  ${name}`], line = "";
    for (let cell of cells.filter((text2) => text2 !== "")) {
      let longer = line === "" ? `  ${cell}` : `${line}, ${cell}`;
      line !== "" && countColumns(longer) > width && lines.push(line), line = line !== "" && countColumns(longer) > width ? `  ${cell}` : longer;
    }
    return [...lines, line];
  });
}

// client/open-pages.ts
async function openPages(watches, { client, screen, terminal, openBrowser: openBrowser2 }) {
  let results = new CallResults(screen);
  await results.callEach(watches, jobName, async (watch) => {
    let pageUrl = await findPageUrl(watch, client);
    results.values.set(jobName(watch), { pageUrl }), pageUrl === null ? screen.printError([
      `${jobName(watch)}: the service makes no links to pages. The operator can configure settings.linkKeys.`
    ]) : (screen.print([pageUrl]), terminal !== null && !await openBrowser2(pageUrl) && screen.printError(["no browser was found. Open the printed URL in a browser."]));
  });
  let jobs = watches.map((watch) => ({
    ...watch,
    ...results.values.get(jobName(watch)),
    ...results.errorField(jobName(watch))
  })), hasPages = [...results.values.values()].every(({ pageUrl }) => pageUrl !== null), code = worstExitCode([hasPages ? EXIT.succeeded : EXIT.failed, results.exitCode()]);
  return { document: { jobs }, code };
}
async function findPageUrl(watch, client) {
  let { project, jobId, acceptedAt } = await client.status(watch), { jobs } = await client.list([
    ["project", project],
    ["since", acceptedAt],
    ["to", acceptedAt],
    ["limit", String(MAX_SAME_TIME)]
  ]);
  return jobs.find((job) => job.jobId === jobId)?.pageUrl ?? null;
}
var MAX_SAME_TIME = 100;

// client/proxy-fetch.ts
import { request as startRequest } from "node:https";
import { buffer } from "node:stream/consumers";

// lib/http/connections.ts
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { Socket } from "node:net";
var MAX_IDLE_MS = 4e3, ADDRESS_TIMEOUT_MS = 2e3;
function openConnections(maxHeaderBytes, options = {}, proxy = null) {
  let kept = {
    keepAlive: !0,
    timeout: MAX_IDLE_MS,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
    // Without this option, the environment variable NODE_TLS_REJECT_UNAUTHORIZED can disable the check of certificates.
    rejectUnauthorized: !0,
    ...options
  }, https = new HttpsAgent({ ...kept, ALPNProtocols: ["http/1.1"], maxCachedSessions: 0 });
  return proxy !== null && connectThroughProxy(https, proxy), { http: new HttpAgent(kept), https, maxHeaderBytes };
}
function connectThroughProxy(agent, proxy) {
  let connectDirectly = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    let { host, port, lookup, checkServerIdentity: _, ...tls } = options;
    if (host == null || !proxy.isUsedFor(host)) return connectDirectly(options);
    let tunnel = { ...tls, host, port: Number(port), lookup, path: void 0 };
    return Promise.resolve().then(() => (init_proxy_tunnel(), proxy_tunnel_exports)).then(({ openTunnel: openTunnel2 }) => openTunnel2(proxy, tunnel)).then(
      (socket) => done?.(null, socket),
      // The type of the callback requires a socket, but Node.js ignores the socket if the callback gets an error.
      (error) => done?.(error, new Socket())
    ), null;
  };
}

// lib/http/decode-body.ts
async function decodeBody(encoded, maxBytes) {
  let plain = await decompressBody(encoded, maxBytes);
  return plain === null ? null : { text: decodeText(plain.body, encoded.headers["content-type"]), isTruncated: plain.isTruncated };
}
var MAX_CODINGS = 3, NO_COMPRESSION = /^(|identity|none|utf-?8)$/;
async function decompressBody({ headers, body, isTruncated }, maxBytes) {
  let codings = codingsOf({ headers, body });
  if (codings.length > MAX_CODINGS) return null;
  let plain = { body, isTruncated };
  for (let coding of codings.reverse()) {
    if (plain === null || plain.body.length === 0) return plain;
    plain = await decompress(coding, plain, maxBytes);
  }
  return plain;
}
function codingsOf({ headers, body }) {
  let codings = (headers["content-encoding"] ?? "").toLowerCase().split(",").map((name) => name.trim()).filter((name) => !NO_COMPRESSION.test(name));
  return codings.length === 0 && isGzip(body) ? ["gzip"] : codings;
}
async function decompress(coding, { body, isTruncated }, maxBytes) {
  if (isGzipName(coding) && !isGzip(body)) return { body, isTruncated };
  let stream = await createDecompressor(coding, body, isTruncated);
  if (stream === null) return null;
  stream.end(body);
  let chunks = [], size = 0;
  try {
    for await (let chunk of stream)
      if (chunks.push(chunk), size += chunk.length, size > maxBytes) break;
  } catch {
    return null;
  }
  return { body: Buffer.concat(chunks).subarray(0, maxBytes), isTruncated: isTruncated || size > maxBytes };
}
async function createDecompressor(coding, body, isTruncated) {
  let { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } = await import("node:zlib"), options = isTruncated ? { finishFlush: constants.Z_SYNC_FLUSH } : {};
  return isGzipName(coding) ? createGunzip(options) : coding === "deflate" ? isZlib(body) ? createInflate(options) : createInflateRaw(options) : coding !== "br" ? null : createBrotliDecompress(isTruncated ? { finishFlush: constants.BROTLI_OPERATION_FLUSH } : {});
}
var isGzipName = (coding) => coding === "gzip" || coding === "x-gzip", isGzip = (bytes) => bytes[0] === 31 && bytes[1] === 139, isZlib = ([first = 0, second = 0]) => (first & 15) === 8 && (first * 256 + second) % 31 === 0;
function decodeText(bytes, contentType) {
  let charset = charsetOfFirstBytes(bytes) ?? /charset\s*=\s*["']?([^\s"';,]+)/i.exec(contentType ?? "")?.[1], isUtf8 = charset === void 0 || /^utf-?8$/i.test(charset);
  return withoutByteOrderMark((isUtf8 ? null : decodeCharset(bytes, charset)) ?? bytes.toString("utf8"));
}
var withoutByteOrderMark = (text2) => text2.startsWith("\uFEFF") ? text2.replace(/^\ufeff+/, "") : text2;
function charsetOfFirstBytes([first, second, third]) {
  if (first === 239 && second === 187 && third === 191) return "utf-8";
  if (first === 255 && second === 254 || first !== 0 && second === 0) return "utf-16le";
  if (first === 254 && second === 255 || first === 0 && second !== 0) return "utf-16be";
}
function decodeCharset(bytes, charset) {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return null;
  }
}

// client/proxy-fetch.ts
var MAX_HEADER_BYTES = 65536, MAX_BODY_BYTES2 = 64 * 1024 * 1024;
function createProxyFetch(proxy) {
  let agent = openConnections(MAX_HEADER_BYTES, {}, proxy).https;
  return (url2, init) => {
    let target = new URL(url2);
    if (!(target.protocol === "https:" && proxy.isUsedFor(target.hostname.replace(/[[\]]/g, "")))) return fetch(url2, init);
    let { method = "GET", body, signal } = init, headers = Object.fromEntries(new Headers(init.headers));
    return new Promise((resolve2, reject) => {
      let request2 = startRequest(target, { agent, method, headers, signal: signal ?? void 0 }), fail = (error) => reject(signal?.aborted ? signal.reason : error);
      request2.on("error", fail), request2.on("response", (response) => {
        buffer(response).then(async (bytes) => {
          let answered = new Headers(
            Object.entries(response.headers).map(([name, value]) => [name, String(value)])
          ), encoded = { headers: Object.fromEntries(answered), body: bytes, isTruncated: !1 }, decoded = await decodeBody(encoded, MAX_BODY_BYTES2);
          if (decoded === null) throw new Error("the response cannot be decompressed");
          let status = response.statusCode ?? 0;
          if (status >= 300 && status < 400) throw new Error("the service answers with a redirect");
          resolve2(new Response(decoded.text === "" ? null : decoded.text, { status, headers: answered }));
        }).catch(fail);
      }), request2.end(typeof body == "string" ? body : void 0);
    });
  };
}

// client/screen.ts
function createScreen(output, errors, { isLive, hasColours }) {
  let paint = hasColours ? colourMark : (line) => line, joinLines = (lines) => lines.map((line) => `${paint(toPrintable(line))}
`).join("");
  if (!isLive)
    return {
      print: (lines) => output.write(joinLines(lines)),
      printError: (lines) => errors.write(errorText(lines)),
      update: () => {
      }
    };
  let live = createLiveLines(output, paint), shown = [];
  return {
    print: (lines) => lines.length > 0 && live.print(joinLines(lines)),
    printError(lines) {
      live.update([]), errors.write(errorText(lines)), live.update(shown);
    },
    update(lines) {
      shown = lines.map(toPrintable), live.update(shown);
    }
  };
}
function errorText(lines) {
  return `cce-notifier: ${lines.map(toPrintable).join(`
  `)}
`;
}

// client/unusable-names.ts
var MAX_LISTED_NAMES = 20;
async function unusableNameLines(command, client) {
  let { projects, targets } = namesIn(command), find = async (kind, given) => {
    if (given.length === 0) return [];
    let usable = await client[`${kind}s`]().catch(() => null);
    return usable === null ? [] : given.filter((name) => !usable.includes(name)).map((name) => {
      let suggestion = suggestName(name, usable), question = suggestion === null ? "" : ` Did you mean '${suggestion}'?`;
      return `unknown ${kind} '${name}'.${question} ${kind === "project" ? "Projects" : "Targets"} you may use: ${listNames2(usable)}.`;
    });
  };
  return [...await find("project", projects), ...await find("target", targets)];
}
function listNames2(names) {
  let more = names.length - MAX_LISTED_NAMES, shown = names.slice(0, MAX_LISTED_NAMES).join(", ") || "none";
  return more > 0 ? `${shown} and ${more} more` : shown;
}
function namesIn(command) {
  switch (command.kind) {
    case "watch": {
      let { project, notify = [] } = command.submission;
      return { projects: distinct2([project, ...projectsOf(command.jobs)]), targets: distinct2(notify) };
    }
    case "list":
      return {
        projects: command.query.flatMap(([name, value]) => name === "project" ? [value] : []),
        targets: []
      };
    case "status":
    case "open":
    case "stop":
      return { projects: distinct2(projectsOf(command.jobs)), targets: [] };
    case "redeliver":
      return { projects: distinct2([command.job.project]), targets: distinct2(command.targets ?? []) };
    case "redeliver_missed":
      return { projects: [], targets: [command.target] };
    case "test":
      return { projects: [], targets: distinct2(command.targets) };
    default:
      return command;
  }
}
var projectsOf = (jobs) => jobs.map(({ project }) => project);
function distinct2(names) {
  return [...new Set(names.filter((name) => name !== void 0))];
}

// client/usage.ts
var VERSION = "0.2.0", NAME = "cce-notifier", WIDTH = 78, PURPOSE = `${NAME} watches jobs of Huawei Cloud CCE, and notifies people and
systems of their outcome.`, SHORT_USAGE = `${PURPOSE}

  ${NAME} watch JOB_ID --wait    submits a job and waits for its end
  ${NAME} list                   lists the jobs of a project

All commands: ${NAME} --help. One command: ${NAME} help COMMAND.
`, USAGE = `${PURPOSE}

Examples:
  ${NAME} ${COMMAND_TEXTS.watch.examples[0]}
  ${NAME} ${COMMAND_TEXTS.watch.examples[1]}
  ${NAME} ${COMMAND_TEXTS.list.examples[0]}

Usage: ${NAME} COMMAND [ARGUMENT\u2026] [OPTION\u2026]

Commands:
${rows(Object.entries(COMMAND_TEXTS).map(([name, { summary }]) => [name, summary]))}

Commands of the one-node edition, which needs Node.js 24:
${rows(Object.entries({ ...SERVER_COMMANDS, ...OPERATOR_COMMANDS }))}

The options of a command: ${NAME} help COMMAND
The version: ${NAME} --version
Arguments and options may stand in any order. A job is JOB_ID or PROJECT/JOB_ID.

Environment:
${rows([
  ["NOTIFIER_URL", "the URL of the service"],
  ["NOTIFIER_TOKEN", "a token of the service, or an identity token of a CI system"],
  [
    "NOTIFIER_AUDIENCE",
    'in GitHub Actions with the permission "id-token: write", in place of a token: the audience of the identity token'
  ],
  ["NOTIFIER_PROJECT", "the default of --project"],
  ["HTTPS_PROXY, NO_PROXY", "the HTTP proxy, and the hosts that need no proxy, as for curl"],
  ["NO_COLOR", "prints no colours"]
])}

Exit status:
${rows([
  ["0", "the job succeeded, the request was carried out, or the job is running and --wait was not used"],
  [
    "1",
    "a job failed or its resource did not become ready, a target did not accept the test message, or redeliver skipped a target"
  ],
  ["2", "wrong usage or an invalid request"],
  ["3", "a job timed out, was lost or was stopped, or has not ended within --timeout-seconds"],
  ["4", "the service cannot be reached or refuses access"],
  ["5", "a job succeeded, but a target was not notified"]
])}
For several jobs the worst status counts: 4, then 2, 1, 3, 5.

Documentation: docs/command.md in the repository of the service, and the page
/docs of the service.
`;
function usageOf(command) {
  let { summary, usage, examples } = COMMAND_TEXTS[command], lines = (texts) => texts.map((text2) => `  ${NAME} ${text2}`.trimEnd()).join(`
`), options = optionsOf(command).map(([name, text2]) => {
    let form = OPTION_FORMS[name];
    return [optionText(name, form), form.isRepeatable ? `${text2}; may be repeated` : text2];
  });
  return `${wrap(`${NAME} ${command}: ${summary}.`, 0).join(`
`)}

Examples:
${lines(examples)}

Usage:
${lines(usage.map((form) => `${command} ${form} [OPTION\u2026]`.replace("  ", " ")))}

Options:
${rows(options)}
`;
}
function optionText(name, { value }) {
  return value === void 0 ? `--${name}` : `--${name} ${value}`;
}
function rows(entries) {
  let column = Math.max(...entries.map(([name]) => name.length)) + 4;
  return entries.map(([name, text2]) => `  ${name}`.padEnd(column) + wrap(text2, column).join(`
${" ".repeat(column)}`)).join(`
`);
}
function wrap(text2, column) {
  let lines = [], line = "";
  for (let word of text2.split(" "))
    line !== "" && column + line.length + 1 + word.length > WIDTH ? (lines.push(line), line = word) : line = line === "" ? word : `${line} ${word}`;
  return [...lines, line];
}

// lib/http/tls-options.ts
import { createPrivateKey, X509Certificate } from "node:crypto";
var CERTIFICATE2 = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g, Certificates = string2().check(
  refine(
    (pem) => parseCertificates(pem) !== null,
    "must be one or more certificates in PEM ('-----BEGIN CERTIFICATE-----')"
  )
), PrivateKey = pipe(
  string2().check(
    refine(
      isPrivateKey,
      "must be a private key in PEM, without a passphrase ('-----BEGIN PRIVATE KEY-----')"
    )
  ),
  toSecret
), ClientCertificate = strictObject({ cert: Certificates, key: PrivateKey }).check(
  refine(({ cert, key }) => isKeyOf(cert, key), {
    message: "must be the private key of the first certificate in cert",
    path: ["key"]
  })
);
function parseCertificates(pem) {
  if (typeof pem != "string") return null;
  let blocks = pem.match(CERTIFICATE2) ?? [];
  try {
    return blocks.length === 0 ? null : blocks.map((block) => new X509Certificate(block));
  } catch {
    return null;
  }
}
function isPrivateKey(pem) {
  try {
    return createPrivateKey(pem).type === "private";
  } catch {
    return !1;
  }
}
function isKeyOf(cert, key) {
  let certificate = parseCertificates(cert)?.[0];
  return certificate === void 0 || !(key instanceof Secret) ? !0 : certificate.checkPrivateKey(createPrivateKey(key.reveal()));
}

// lib/config/discovery-settings.ts
var TopicUrn = string2().check(
  _regex(
    /^urn:smn:[a-z0-9-]{2,40}:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,255}$/,
    "must be the URN of an SMN topic, such as urn:smn:eu-de:0123456789abcdef0123456789abcdef:cce-events"
  )
), DiscoverySettings = strictObject({
  /** The types of the jobs to watch, without regard to case. Without this key, the service watches jobs of all types. */
  types: optional(array(NonEmpty).check(_minLength(1), _maxLength(100))),
  /** The names of the targets that are notified of the discovered jobs. */
  notify: array(Name).check(_maxLength(50, "must have at most 50 targets")),
  everyMinutes: _default(number2().check(_gte(1), _lte(60)), 2),
  /** The labels in the context of the discovered jobs. */
  labels: optional(Labels),
  /** The topics whose messages make the service list the jobs at once. Without this key, the service accepts no message. */
  topics: optional(array(TopicUrn).check(_minLength(1), _maxLength(10))),
  /** The address of SMN in a cloud whose hosts the service does not know. It replaces the hosts of the topic's region. */
  smnEndpoint: optional(httpUrlSchema("must be the URL of SMN, starting with https://"))
});

// lib/config/projects.ts
var DEFAULT_READY_MINUTES = 15, MAX_READY_MINUTES = 1440, AkskAuth = strictObject({
  kind: literal("aksk"),
  accessKey: HeaderSecret,
  secretKey: HeaderSecret,
  securityToken: optional(HeaderSecret)
}), PasswordAuth = strictObject({
  kind: literal("password"),
  iamEndpoint: optional(httpUrlSchema("must be the URL of IAM, starting with https://")),
  domain: NonEmpty,
  user: NonEmpty,
  password: SecretText
}), TokenAuth = strictObject({ kind: literal("token"), token: HeaderSecret }), Auth = discriminatedUnion("kind", [AkskAuth, PasswordAuth, TokenAuth]), Until = literal("ready"), ReadyMinutes = number2().check(_positive(), _lte(MAX_READY_MINUTES)), PUBLIC_FIELDS = {
  projectId: string2().check(_regex(/^[A-Za-z0-9_-]{1,64}$/, "must be the project ID that the console of the cloud shows")),
  region: optional(string2().check(_regex(/^[a-z0-9-]{2,40}$/, "must be a region's ID such as eu-de"))),
  endpoint: optional(httpUrlSchema("must be the URL of the CCE API, starting with https://")),
  /** Whether the API for Autopilot clusters is asked first (true), never (false) or second (the default). */
  autopilot: optional(boolean2()),
  /** The defaults of a submission for the project. Without `until`, a watch ends with its job. */
  until: optional(Until),
  readyMinutes: _default(ReadyMinutes, DEFAULT_READY_MINUTES),
  /** Without this key, the service watches only jobs that callers submit. */
  discover: optional(DiscoverySettings),
  /** A new number revokes all links to pages of the project. */
  linkVersion: _default(int().check(_nonnegative()), 0)
}, HAS_ADDRESS = refine(
  ({ region, endpoint }) => region !== void 0 || endpoint !== void 0,
  {
    message: "is missing: a project needs a region or an endpoint",
    path: ["region"],
    // Without `when`, the library `zod` skips the check of the region if the project has other errors.
    when: ({ value }) => typeof value == "object" && value !== null
  }
), PublicProject = strictObject(PUBLIC_FIELDS).check(HAS_ADDRESS), Project = strictObject({
  ...PUBLIC_FIELDS,
  /** The certificate authorities of CCE and IAM. Without this key, the public certificate authorities are trusted. */
  ca: optional(Certificates),
  auth: Auth
}).check(HAS_ADDRESS);

// lib/channels/retry-schedule.ts
var DEFAULT_RETRY_SECONDS = [0, 5, 30, 120, 600, 1800, 7200, 21600, 43200];
var MAX_THROTTLED_MS = 24 * 36e5;

// lib/channels/channel.ts
var SecretUrl = pipe(string2().check(refine((text2) => URL.canParse(text2), "must be a URL")), toSecret), commonFields = {
  url: SecretUrl,
  on: _default(
    array(TargetEvent).check(_minLength(1, "must name at least one outcome; omit it to get all outcomes")),
    [...OUTCOMES]
  ),
  /** The certificate authorities of the server. Without this field, the public certificate authorities are trusted. */
  ca: optional(Certificates),
  clientCertificate: optional(ClientCertificate)
};

// lib/channels/webhook/target.ts
var MIN_KEY_BYTES = 24, MAX_KEY_BYTES = 64, SECRET_MESSAGE = "must be 'whsec_' followed by 24 to 64 bytes as base64 (make one: openssl rand -base64 32)", WebhookSecret = pipe(string2().check(refine(isWebhookSecret, SECRET_MESSAGE)), toSecret);
function isWebhookSecret(text2) {
  let encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text2)?.[1];
  if (encoded === void 0) return !1;
  let { length } = Buffer.from(encoded, "base64");
  return length >= MIN_KEY_BYTES && length <= MAX_KEY_BYTES;
}
var RESERVED_HEADERS = [
  // The service sets these request headers itself.
  /^(accept-encoding|content-type|user-agent|traceparent|webhook-(id|signature|timestamp))$/i,
  // The HTTP client of Node.js sets these request headers itself.
  /^(connection|content-(encoding|length)|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade)$/i,
  // With these request headers, a request could seem to come from a different sender.
  /^(cookie|forwarded|proxy-(authorization|connection)|via)$/i
], HeaderName = string2().check(
  _regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, "is not a header name"),
  refine(
    (name) => !RESERVED_HEADERS.some((pattern) => pattern.test(name)),
    "is a reserved header name, so the config cannot set this header"
  )
), HeaderValue = pipe(
  string2().check(_maxLength(2e3), _regex(/^[\t\x20-\x7e]*$/, "may contain printable ASCII only")),
  toSecret
), WebhookTarget = strictObject({
  kind: literal("webhook"),
  ...commonFields,
  secrets: array(WebhookSecret).check(_minLength(1), _maxLength(5)),
  headers: _default(record(HeaderName, HeaderValue), {})
});

// lib/config/settings.ts
var MAX_DEADLINE_MINUTES = 10080, between = (min, max) => number2().check(_gte(min), _lte(max)), positiveUpTo = (max) => number2().check(_positive(), _lte(max)), integerBetween = (min, max) => int().check(_gte(min), _lte(max)), Days = positiveUpTo(3650), Hosts = _default(array(string2().check(_minLength(1), _maxLength(300))), []), LinkKey = pipe(
  string2().check(_minLength(32, "must have at least 32 characters; openssl rand -hex 32 makes a good key")),
  toSecret
), Poll = strictObject({
  pollCostSeconds: _default(positiveUpTo(3600), 1),
  minDelaySeconds: _default(between(0, 900), 2),
  maxDelaySeconds: _default(between(1, 900), 900),
  goneGraceSeconds: _default(between(0, 3600), 120),
  /**
   * The rate limit of CCE for the queries of one user. Without this setting, the service limits the rate of its polls
   * only after CCE responds with the status 429.
   */
  queriesPerFiveMinutes: optional(integerBetween(10, 1e6)),
  accessErrorSeconds: _default(between(0, 86400), 600)
}), Limit = (limit) => _default(integerBetween(0, 1e6), limit), Limits = strictObject({
  callbacksPerWatch: Limit(5),
  targetsPerWatch: Limit(50),
  watchesPerCaller: Limit(5e3),
  requestsPerMinute: Limit(1200)
}), Pages = strictObject({
  list: _default(boolean2(), !1),
  labels: _default(boolean2(), !1),
  answers: _default(boolean2(), !1)
}), Retry = strictObject({
  scheduleSeconds: _default(
    array(between(0, 43200)).check(_minLength(1), _maxLength(30)),
    [...DEFAULT_RETRY_SECONDS]
  )
}), Settings = strictObject({
  defaultProject: optional(Name),
  defaultTargets: _default(array(Name), []),
  /** The target to which the service reports that another target no longer exists. */
  fallbackTarget: optional(Name),
  deadlineMinutes: _default(positiveUpTo(MAX_DEADLINE_MINUTES), 120),
  /** The maximum lifetime of an identity token (OIDC): the time from its claim `iat` to its claim `exp`. */
  identityTokenMinutes: _default(positiveUpTo(MAX_DEADLINE_MINUTES), 60),
  maxPolls: _default(integerBetween(1, 1e5), 500),
  poll: prefault(Poll, {}),
  retry: prefault(Retry, {}),
  /** The hosts that a `callbackUrl` may have. Each host has the form NAME or NAME:PORT. */
  callbackHosts: Hosts,
  /** The secrets with which the service signs callbacks. Without secrets, callbacks have no signature. */
  callbackSecrets: _default(array(WebhookSecret).check(_maxLength(5)), []),
  egress: prefault(strictObject({ allow: Hosts }), {}),
  /**
   * The keys of links to pages and of encrypted callback URLs. The service signs and encrypts with the first key, and
   * accepts both. Without a key, the service creates no links to pages.
   */
  linkKeys: _default(array(LinkKey).check(_maxLength(2)), []),
  linkDays: _default(Days, 30),
  pages: prefault(Pages, {}),
  limits: prefault(Limits, {}),
  /** The public URL of the service. The default public URL is the URL of the deployed HTTP API. */
  publicUrl: optional(
    pipe(
      httpUrlSchema("must be a URL that starts with https:// (or http:// in a private network)"),
      transform((url2) => url2.replace(/(?<!\/)\/+$/, ""))
    )
  ),
  /**
   * The number of days for which the ledger keeps a watch after the watch has ended. The minimum number of days is in
   * `lib/config/ledger-expiry.ts`.
   */
  retentionDays: _default(Days, 30)
});

// lib/api/submission.ts
var MAX_JOBS = 100, MAX_NOTIFY = 50, JOB_ID_TEXT = "A job ID has 1 to 128 letters, digits, '.', '_', ':' or '-'. The first character is a letter or a digit.", JOB_ID_EXAMPLES = ["1e50bfbe-5b9e-11ef-8f52-0255ac10003e"], SubmittedJobId = () => string2({ error: ({ input }) => input === null ? jobIdFault("null") : void 0 }), OnlyJobId = SubmittedJobId().register(globalRegistry, {
  description: JOB_ID_TEXT,
  ...JOB_ID_KEYWORDS,
  examples: JOB_ID_EXAMPLES
}), ListedJobId = SubmittedJobId().register(globalRegistry, {
  description: `${JOB_ID_TEXT} A malformed job ID rejects only its own job.`,
  examples: JOB_ID_EXAMPLES
}), CallbackUrl = limitedText({ min: 1, max: 2e3 });
var Submission = strictObject({
  jobId: optional(OnlyJobId),
  jobIds: optional(
    array(ListedJobId).check(
      _minLength(1, "must have at least 1 job"),
      _maxLength(MAX_JOBS, `must have at most ${MAX_JOBS} jobs`)
    ).register(globalRegistry, { contains: { type: "string", ...JOB_ID_KEYWORDS } })
  ),
  operation: optional(Operation),
  project: withDescription(
    optional(Name),
    "The name of a configured project. The default is the operator's default project."
  ),
  notify: withDescription(
    optional(array(Name).check(_maxLength(MAX_NOTIFY, `must have at most ${MAX_NOTIFY} targets`))),
    "The names of configured targets to notify. The order and repetitions have no effect. The default is all default targets of the operator that the caller may use. An empty array notifies nobody."
  ),
  callbackUrl: optional(CallbackUrl).register(globalRegistry, {
    description: "The URL of the caller's own webhook. The operator must allow the host of the URL.",
    examples: ["https://hooks.example.com/cce"]
  }),
  deadlineMinutes: withDescription(
    optional(number2().check(_positive(), _lte(MAX_DEADLINE_MINUTES))),
    "The time limit of the watch in minutes. At the time limit, the watch ends with the outcome `timed_out`."
  ),
  until: withDescription(
    optional(Until),
    "With `ready`, the watch continues after the success of the job until what the job made, changed or deleted is usable or gone. The default is the key `until` of the project."
  ),
  readyMinutes: withDescription(
    optional(ReadyMinutes),
    'The time limit in minutes, from the success of the job, of a watch with `until: "ready"`. Then the watch ends with the outcome `not_ready`. The default is the key `readyMinutes` of the project, which is 15.'
  ),
  digest: withDescription(
    optional(boolean2()),
    "If true, each chat target gets only one message, after the last job in `jobIds` has ended."
  ),
  context: optional(Context)
}).register(globalRegistry, {
  description: "Jobs or an operation to watch. Give exactly one of `jobId`, `jobIds` and `operation`.",
  // The keyword `oneOf` would be shorter, but code generators make a union of nameless types from `oneOf`.
  if: { required: ["jobId"] },
  // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema, and the object is not awaited.
  then: { properties: { jobIds: !1, operation: !1 } },
  else: {
    if: { required: ["jobIds"] },
    // biome-ignore lint/suspicious/noThenProperty: as above.
    then: { properties: { operation: !1 } },
    else: { required: ["operation"] }
  }
});

// client/watch-jobs.ts
async function watchJobs(command, ports) {
  let { screen, onInterrupt } = ports, reply = command.reply === null ? null : await ports.readText(command.reply), { operation } = command.submission, one = operation === void 0 ? "the job in the reply" : "the operation", activity = `submitting ${command.jobs.length > 0 ? countJobs(command.jobs) : one}`;
  return withProgress(activity, ports, async (progress2) => {
    onInterrupt(() => [
      "interrupted: the service may watch the jobs already.",
      "Run the same command again. A second submission of a job is harmless."
    ]);
    let jobs = await submit(command, reply, ports), accepted = jobs.filter(({ status }) => status !== "rejected");
    progress2.print(jobs.map(resultLine));
    let code = exitCodeOfJobs(jobs);
    if (!command.wait)
      return accepted.length > 0 && ports.terminal !== null && screen.print([`To wait: cce-notifier status ${accepted.map(jobName).join(" ")} --wait`]), { document: { jobs }, code };
    let pageUrls = new Map(
      accepted.flatMap((job) => job.pageUrl === null ? [] : [[jobName(job), job.pageUrl]])
    );
    progress2.setActivity(`reading ${countJobs(accepted)}`);
    let { results, code: waitCode } = await waitForJobs(
      accepted,
      command.timeoutMs,
      pageUrls,
      ports,
      progress2
    );
    return { document: { jobs: jobs.map((job) => {
      let outcome = results.values.get(jobName(job));
      return { ...job, ...outcome && { outcome }, ...results.errorField(jobName(job)) };
    }) }, code: worstExitCode([code, waitCode]) };
  });
}
async function submit(command, reply, ports) {
  let { client } = ports, given = Object.entries(command.context).filter(([, value]) => value !== void 0), context = { ...ports.context, ...Object.fromEntries(given) }, submission = {
    ...command.submission,
    context: Object.keys(context).length === 0 ? void 0 : context
  };
  if (reply !== null) return submitReply(reply, command.named, submission, client);
  let { operation, project } = submission, jobs = operation === void 0 ? command.jobs : [{ project, jobId: operationJobId(operation) }], again = command.again ? await withProjects(distinctJobs(jobs), client) : [];
  return restart(
    again,
    ports,
    async () => operation === void 0 ? submitJobs(jobs, submission, client) : (await client.watch(submission)).jobs
  );
}
function distinctJobs(jobs) {
  return [...new Map(jobs.map((job) => [`${job.project}/${job.jobId}`, job])).values()];
}
async function restart(watches, { client, screen }, submit2) {
  let stopped = [];
  try {
    for (let watch of watches) {
      let state = (await nullIfNotFound(client.status(watch)))?.state;
      if (state === "succeeded" || state === "failed")
        screen.print([`${jobName(watch)}: not restarted, because the job has ${state}`]);
      else if (state !== void 0 && state !== "stopped") {
        let own2 = await nullIfNotFound(client.stop(watch).then(() => watch));
        own2 !== null && stopped.push(jobName(own2));
      }
    }
    return await submit2();
  } catch (error) {
    throw stopped.length > 0 && screen.printError(["these jobs are no longer watched, submit them again:", ...stopped]), error;
  }
}
async function nullIfNotFound(call) {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === 404) return null;
    throw error;
  }
}
async function submitJobs(jobs, submission, client) {
  let results = /* @__PURE__ */ new Map();
  for (let project of new Set(jobs.map((job) => job.project))) {
    let ofProject = jobs.filter((job) => job.project === project);
    for (let i = 0; i < ofProject.length; i += MAX_JOBS) {
      let part = ofProject.slice(i, i + MAX_JOBS), jobIds = part.map(({ jobId }) => jobId), answer = await client.watch({ ...submission, project, jobIds });
      for (let [j, result] of answer.jobs.entries()) results.set(part[j] ?? { project, jobId: "" }, result);
    }
  }
  return jobs.flatMap((job) => results.get(job) ?? []);
}
async function submitReply(reply, named, { project, notify, callbackUrl, deadlineMinutes, until, readyMinutes, context = {} }, client) {
  let { labels: _, ...run2 } = context, fields = {
    ...named,
    project,
    notify: notify?.join(","),
    callbackUrl,
    deadlineMinutes,
    until,
    readyMinutes,
    ...run2
  }, query = Object.entries(fields).flatMap(
    ([name, value]) => value === void 0 ? [] : [[name, String(value)]]
  );
  return (await client.watchReply(reply, Object.fromEntries(query))).jobs;
}
function resultLine(job) {
  let { status, pageUrl, statusUrl, error } = job, detail = error?.detail ?? pageUrl ?? statusUrl;
  return [`${jobName(job)}: ${status.replace("_", " ")}`, detail].filter(Boolean).join(", ");
}
function exitCodeOfJobs(jobs) {
  let rejected = jobs.filter(({ status }) => status === "rejected");
  return rejected.length === 0 ? EXIT.succeeded : rejected.some(({ error }) => error?.status === 503) ? EXIT.unreachable : EXIT.usage;
}

// client/command-line.ts
async function runCommandLine(argv, environment) {
  let { env, stdout, stderr } = environment, command = readArguments(argv, env.NOTIFIER_PROJECT), printHelp = (text2) => (stdout.write(text2), EXIT.succeeded);
  switch (command.kind) {
    case "help":
      return printHelp(command.command === null ? USAGE : usageOf(command.command));
    case "version":
      return printHelp(`${VERSION}
`);
    case "completion":
      return printHelp(completionScript(command.shell));
    case "fault":
      return printUsageError(command.detail, command.command, stderr, argv.length === 0);
    default:
      return runServiceCommand(command, environment);
  }
}
function printUsageError(detail, command, stderr, isEmpty) {
  let help = `cce-notifier ${command === null ? "--help" : `help ${command}`}`;
  return stderr.write(isEmpty ? SHORT_USAGE : `cce-notifier: ${toPrintable(detail)}
For help, run: ${help}
`), EXIT.usage;
}
async function runServiceCommand(command, environment) {
  let { env, stdout, stderr, wait, onDocument } = environment, connection = readConnection(env);
  if (typeof connection == "string")
    return printUsageError(
      connection,
      command.kind === "redeliver_missed" ? "redeliver" : command.kind,
      stderr,
      !1
    );
  let [isRefused, isUnreachable] = [!1, !1], client = createClient({ ...connection, fetch: async (url2, init) => {
    try {
      let response = await (connection.fetch ?? fetch)(url2, init);
      return isRefused ||= REFUSALS.includes(response.status), isUnreachable = !1, response;
    } catch (error) {
      throw isUnreachable = !0, error;
    }
  }, wait }), isLive = !command.json && isTerminal(stdout, env), hasColours = !command.noColor && hasColour(stdout, env), screen = createScreen(command.json ? { write: () => {
  } } : stdout, stderr, {
    isLive,
    hasColours
  }), writeDocument = (document) => {
    onDocument?.(document), command.json && stdout.write(`${toPrintableJson(document)}
`);
  }, ports = {
    ...environment,
    client,
    screen,
    terminal: isLive ? stdout : null,
    context: readCiContext(env),
    onInterrupt: (lines) => environment.onInterrupt(() => `${isLive ? `
` : ""}${errorText(lines())}`)
  }, explainRefusal = async () => {
    let lines = isRefused && !isUnreachable ? await unusableNameLines(command, client) : [];
    for (let line of lines) screen.printError([line]);
  };
  try {
    let { document, code } = await run(command, ports);
    return await explainRefusal(), writeDocument(document), code;
  } catch (error) {
    return screen.printError(errorLines(error)), await explainRefusal(), writeDocument({ error: errorDocument(error) }), exitCodeOfError(error);
  }
}
var REFUSALS = [403, 404];
async function run(command, ports) {
  switch (command.kind) {
    case "watch":
      return watchJobs(command, ports);
    case "list":
      return listJobs(command, ports);
    case "status":
      return showStatus(command, ports);
    case "open":
      return openPages(await withProjects(command.jobs, ports.client), ports);
    case "stop":
      return stopWatches(await withProjects(command.jobs, ports.client), ports);
    case "redeliver":
      return redeliverOutcome(command, ports);
    case "redeliver_missed":
      return redeliverMissed(command, ports);
    case "test":
      return testTargets(command, ports);
    default:
      return command;
  }
}
function readConnection(env) {
  let { NOTIFIER_URL: url2 = "", NOTIFIER_TOKEN: token, NOTIFIER_AUDIENCE: audience } = env;
  if (!URL.canParse(url2) || !/^https?:$/.test(new URL(url2).protocol))
    return "NOTIFIER_URL must be the URL of the service";
  let proxy;
  try {
    proxy = readProxy(env);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  let send = proxy === null ? fetch : createProxyFetch(proxy);
  if (token?.trim()) {
    let fault = tokenFault(token);
    return fault === null ? { url: url2, token, fetch: send } : `NOTIFIER_TOKEN ${fault}`;
  }
  let identityToken = audience ? createGithubTokenSource(env, audience, send) : null;
  return identityToken === null ? "NOTIFIER_TOKEN is not set" : { url: url2, token: identityToken, fetch: send };
}

// lib/domain/clean-text.ts
var ENTITIES = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
};
function escapeTags(text2) {
  return text2.replace(/[&<>]/g, (character) => ENTITIES[character] ?? character);
}

// client/job-summary.ts
function renderJobSummary(job, pageUrl) {
  let { state, type, resourceName, durationSeconds, reason, causes, causesOmitted } = job, title = [type ?? "CCE job", resourceName].filter((part) => part !== null).join(" "), facts = [
    `Job ${escapeMarkdown(jobName(job))}`,
    durationSeconds !== null && `duration ${formatDuration(durationSeconds * 1e3)}`,
    pageUrl !== null && URL.canParse(pageUrl) && `[status page](<${new URL(pageUrl).href}>)`
  ], lines = [`### ${escapeMarkdown(`${title}: ${state.replace("_", " ")}`)}`, "", joinFacts(facts)];
  if (state === "succeeded") return `${lines.join(`
`)}
`;
  for (let cause of causes) {
    let name = `${cause.count > 1 ? `${cause.count} \xD7 ` : ""}${cause.type ?? "unknown"}`, resources = listResources(cause);
    lines.push("", `- **${escapeMarkdown(name)}** ${escapeMarkdown(resources)}`.trimEnd()), cause.reason !== null && lines.push(`  ${escapeMarkdown(cause.reason)}`), cause.hint !== null && lines.push(`  *Hint:* ${escapeTags(toPrintable(cause.hint))}`);
  }
  return causesOmitted > 0 && lines.push("", `and ${causesOmitted} more`), causes.length === 0 && reason !== null && lines.push("", escapeMarkdown(reason)), `${lines.join(`
`)}
`;
}
var joinFacts = (facts) => facts.filter(Boolean).join(" \xB7 ");
function escapeMarkdown(text2) {
  return escapeTags(toPrintable(text2).replace(/[\\`*_{}[\]()#+\-.!|~:@]/g, "\\$&"));
}

// client/process-environment.ts
import { setTimeout as setTimeout2 } from "node:timers/promises";

// client/open-browser.ts
import { spawn } from "node:child_process";
var STARTERS = {
  darwin: ["open"],
  // The program `start` is part of the shell, and the shell would read `&` in the URL as the end of a command.
  win32: ["rundll32", "url.dll,FileProtocolHandler"]
}, START_TIME_LIMIT_MS = 1e3;
function openBrowser(url2) {
  if (!/^https?:/.test(url2)) return Promise.resolve(!1);
  let [program = "", ...parameters] = STARTERS[process.platform] ?? ["xdg-open"];
  return new Promise((resolve2) => {
    let child = spawn(program, [...parameters, url2], { stdio: "ignore", detached: !0 }), timer = setTimeout(() => resolve2(!0), START_TIME_LIMIT_MS), end = (isOpen) => {
      clearTimeout(timer), resolve2(isOpen);
    };
    child.once("error", () => end(!1)), child.once("exit", (code) => end(code === 0)), child.unref();
  });
}

// client/read-text.ts
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
var FAULTS = {
  ENOENT: "does not exist",
  EACCES: "cannot be read, because permission is denied",
  EPERM: "cannot be read, because permission is denied",
  EISDIR: "is a folder"
};
async function readText(file, stdin) {
  if (file !== "-")
    return readFile(file, "utf8").catch((error) => {
      let { code } = toObjectOrEmpty(error);
      throw new UsageError(
        `the file '${file}' ${FAULTS[String(code)] ?? `cannot be read (${String(code)})`}`
      );
    });
  if (stdin.isTTY)
    throw new UsageError(
      "--reply - reads the reply from another program: create-cluster.sh | cce-notifier watch --reply -"
    );
  return text(stdin);
}

// client/process-environment.ts
function createProcessEnvironment() {
  let { stdin, stdout, stderr } = process;
  return ignoreClosedOutputs(), process.on("uncaughtException", (error) => {
    stderr.write(internalErrorText(error)), process.exit(EXIT.unreachable);
  }), {
    env: process.env,
    stdout,
    stderr,
    readText: (file) => readText(file, stdin),
    openBrowser,
    now: () => performance.timeOrigin + performance.now(),
    wait: (ms) => setTimeout2(ms),
    every(ms, callback) {
      let timer = setInterval(callback, ms);
      return () => clearInterval(timer);
    },
    onInterrupt: createInterruptHandler()
  };
}
function ignoreClosedOutputs() {
  for (let stream of [process.stdout, process.stderr]) stream.on("error", () => {
  });
}
function createInterruptHandler() {
  let describe2 = null;
  return (text2) => {
    if (describe2 === null)
      for (let signal of ["SIGINT", "SIGTERM"])
        process.once(signal, () => {
          process.stderr.write(describe2?.() ?? ""), process.kill(process.pid, signal);
        });
    describe2 = text2;
  };
}

// client/github-action.ts
var OPTION_INPUTS = ["project", "notify", "until", "ready-minutes", "deadline-minutes", "timeout-seconds"], WatchDocument = object({
  jobs: optional(array(extend2(JobResult, { outcome: optional(StatusDocument) }))),
  error: optional(object({ detail: string2() }))
}), inputIn = (env, name) => (env[`INPUT_${name.toUpperCase()}`] ?? "").trim();
function argumentsFor(env) {
  let options = OPTION_INPUTS.flatMap((name) => {
    let value = inputIn(env, name);
    return value === "" ? [] : [`--${name}=${value}`];
  }), wait = inputIn(env, "wait") === "no" ? [] : ["--wait"], reply = inputIn(env, "reply") === "" ? [] : ["--reply=-"], jobId = inputIn(env, "job-id");
  return ["watch", ...options, ...wait, ...reply, "--", ...jobId === "" ? [] : [jobId]];
}
function outputsOf({ jobs: [job] = [], error }) {
  let outcome = job?.outcome, [cause] = outcome?.causes ?? [];
  return {
    state: outcome?.state ?? (job === void 0 || job.status === "rejected" ? "" : "watching"),
    reason: outcome?.reason ?? cause?.reason ?? job?.error?.detail ?? error?.detail ?? "",
    cause: [cause?.type, cause?.reason].filter(Boolean).join(": "),
    "page-url": job?.pageUrl ?? "",
    duration: String(outcome?.durationSeconds ?? "")
  };
}
async function append(file, text2) {
  file && await appendFile(file, text2);
}
async function main(env) {
  let document = {}, code = await runCommandLine(argumentsFor(env), {
    ...createProcessEnvironment(),
    env: {
      ...env,
      NOTIFIER_URL: inputIn(env, "url"),
      NOTIFIER_TOKEN: inputIn(env, "token"),
      NOTIFIER_AUDIENCE: inputIn(env, "audience")
    },
    readText: async () => inputIn(env, "reply"),
    onDocument: (result) => {
      document = WatchDocument.parse(result);
    }
  }), outputs = Object.entries(outputsOf(document)).map(
    ([name, value]) => `${name}=${toPrintable(value)}
`
  );
  await append(env.GITHUB_OUTPUT, outputs.join(""));
  let [job] = document.jobs ?? [];
  return job?.outcome !== void 0 && await append(env.GITHUB_STEP_SUMMARY, renderJobSummary(job.outcome, job.pageUrl)), code;
}
process.exitCode = await main(process.env);
