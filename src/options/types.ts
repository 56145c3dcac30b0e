// The static side of option sets: what a definition may say, and what reading gives back.
import type { z } from 'zod';
import type { LockView, PackageSet } from './packages.ts';

declare const wrapped: unique symbol;

/** A value with a priority, an order or a condition attached; made by `force`, `when`, `before`, … */
export interface Wrapped<T> {
  readonly [wrapped]: T;
}

/** What thunks and implementations may read. */
export interface Context {
  /** The host being evaluated. */
  readonly host: HostView;
  /** All hosts, this one included. */
  readonly fleet: FleetView;
  /** Every package by name, with what overlays changed. */
  readonly packages: PackageSet;
  readonly lock: LockView;
}

/** A host as others see it: its facts and its merged options. */
export interface HostView {
  readonly name: string;
  readonly tags: readonly string[];
  /** The merged value of an option set. Its leaves are computed when they are read. */
  get<S extends z.ZodObject>(set: Readable<S>): z.output<S>;
  /** Whether anything on this host defines the option set. */
  uses(set: AnyOptionSet): boolean;
  /** This host with more contributions, evaluated beside it; the host itself stays as it is. */
  extend(use: Contributions): HostView;
}

/** Every host of the fleet. */
export interface FleetView {
  /** Sorted by name. */
  readonly hosts: readonly HostView[];
  /** @throws SteadError `host.unknown` with the nearest names */
  host(name: string): HostView;
}

/** A value, a thunk run when the option is read, or a wrapped value. */
export type Def<T> = Value<T> | Thunk<T> | Around<T>;

/**
 * A type that a wrapper's value is checked against and has no say in. TypeScript's own `NoInfer` says the
 * same, but editors complete nothing inside it.
 */
export type Uninferred<T> = [T][T extends unknown ? 0 : never];

type Thunk<T> = ((context: Context) => Def<T>) & NoKeys<T>;
type Around<T> = Wrapped<T> & NoKeys<T>;

type Primitive = string | number | bigint | boolean | symbol | null | undefined;
type SingleContribution = Definition | Assertion | Warning | Disabling;
/** Types that are values as they are. */
type Whole =
  | Primitive
  | Uint8Array
  | Date
  | RegExp
  | ReadonlySet<unknown>
  | ReadonlyMap<unknown, unknown>
  | SingleContribution
  | Contributions;

/** `unknown` and `any` accept anything; objects are partial at every depth, since definitions add up. */
type Value<T> = [T] extends [never]
  ? unknown // A wrapper that nothing expects yet: it fits wherever it ends up.
  : unknown extends T
    ? T
    : T extends Whole
      ? T
      : T extends readonly unknown[]
        ? Items<T>
        : Settings<T>;

type Items<T extends readonly unknown[]> = number extends T['length']
  ? readonly Def<T[number]>[]
  : { readonly [K in keyof T]: Def<T[K]> };

/** A single literal stands for itself alone, so that it tells the branches of a union apart. */
type Setting<T> = [IsLiteral<T>] extends [true] ? T : Def<T>;

type IsLiteral<T> = [T] extends [never]
  ? false
  : [T] extends [string | number]
    ? string extends T
      ? false
      : number extends T
        ? false
        : IsSingle<T>
    : false;
type IsSingle<T, Whole = T> = T extends unknown ? ([Whole] extends [T] ? true : false) : never;

/** The keys of the object that was meant, none of which a thunk or wrapper has: so TypeScript suggests one for a misspelt key. */
type NoKeys<T> =
  string extends KeysOf<T> ? unknown : { readonly [K in Exclude<KeysOf<T>, keyof CallableFunction>]?: never };
/** All of `string` for lists and records, whose keys are anything. */
type KeysOf<T> = T extends Primitive ? never : T extends readonly unknown[] ? string : keyof T;

/** What one definition of an option set (or of a group inside one) may say. */
export type Settings<T> = { readonly [K in keyof T]?: Setting<T[K]> };

/** Anything `get` accepts. */
export interface Readable<S extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly schema: S;
}

/** An option set whatever its settings are. */
export interface AnyOptionSet {
  readonly name: string;
  readonly schema: z.ZodObject;
}

/** One contribution to one option set, made by calling it. */
export interface Definition {
  readonly kind: 'definition';
  readonly set: AnyOptionSet;
}

/** A condition that must hold on the host, and what is wrong when it does not. */
export interface Assertion {
  readonly kind: 'assertion';
}

/** Something the user should hear about that stops nothing. */
export interface Warning {
  readonly kind: 'warning';
}

/** Takes an option set off a host: its definitions there are dropped, its implementation does not run. */
export interface Disabling {
  readonly kind: 'disable';
  readonly set: AnyOptionSet;
}

/** What a host uses and what an implementation yields. Lists nest, so a profile is a list; wrappers may stand around them. */
export type Contribution = SingleContribution | Wrapped<Contribution> | Contributions;
export type Contributions = readonly Contribution[];
