// Stimulus makes `this.fooTarget` and `this.barValue` at run time; its controllers are therefore untyped here.
declare module "stimulus" {
  export const Controller: any;
  export const Application: any;
}
